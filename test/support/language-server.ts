import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath, pathToFileURL } from "node:url";

/** One thing that the server marks; counted from 0, as in the protocol. */
export interface Marked {
  readonly message: string;
  readonly range: { readonly start: { readonly line: number; readonly character: number } };
}

export interface LanguageServer extends AsyncDisposable {
  /** Opens or changes a file as an editor does. @returns what is marked in it as soon as `isMeant` of that */
  marks(file: string, text: string, isMeant: (marked: readonly Marked[]) => boolean): Promise<readonly Marked[]>;
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: {
    readonly uri: string;
    readonly diagnostics: readonly Marked[];
    readonly items?: readonly { readonly section: string }[];
  };
}

/** The real yaml-language-server on stdio, with an editor's settings (`yaml.schemas` and so on) for a workspace. */
export async function startLanguageServer(
  workspace: string,
  settings: Readonly<Record<string, unknown>>,
): Promise<LanguageServer> {
  const program = fileURLToPath(import.meta.resolve("yaml-language-server/bin/yaml-language-server"));
  const server = spawn(process.execPath, [program, "--stdio"], { cwd: workspace, stdio: ["pipe", "pipe", "inherit"] });
  const send = (message: object): void => {
    const body = Buffer.from(JSON.stringify({ jsonrpc: "2.0", ...message }));
    server.stdin.write(`Content-Length: ${body.length}\r\n\r\n`);
    server.stdin.write(body);
  };
  const heard = listen(server, ({ id, method, params }) => {
    if (id === undefined || method === undefined) return; // the server asks nothing
    send({ id, result: params?.items?.map(({ section }) => settings[section] ?? null) ?? null });
  });
  const folder = { uri: pathToFileURL(workspace).href, name: "workspace" };
  const about = {
    processId: process.pid,
    rootUri: folder.uri,
    workspaceFolders: [folder],
    capabilities: { workspace: { configuration: true } },
  };
  send({ id: 1, method: "initialize", params: about });
  await heard(({ id }) => id === 1);
  send({ method: "initialized", params: {} });
  send({ method: "workspace/didChangeConfiguration", params: { settings } });
  let version = 0;
  return {
    async marks(file, text, isMeant) {
      const uri = pathToFileURL(`${workspace}/${file}`).href;
      version++;
      const isOpen = version > 1;
      if (isOpen) {
        const params = { textDocument: { uri, version }, contentChanges: [{ text }] };
        send({ method: "textDocument/didChange", params });
      } else {
        send({ method: "textDocument/didOpen", params: { textDocument: { uri, languageId: "yaml", version, text } } });
      }
      const { params } = await heard(
        ({ method, params }) =>
          method === "textDocument/publishDiagnostics" && params?.uri === uri && isMeant(params.diagnostics),
      );
      return params?.diagnostics ?? [];
    },
    async [Symbol.asyncDispose]() {
      const ended = once(server, "exit");
      server.kill();
      await ended;
    },
  };
}

type Heard = (isMeant: (message: Message) => boolean) => Promise<Message>;

/** Takes the stream of messages apart; each goes to whoever waits for it. */
function listen(server: ChildProcess, onMessage: (message: Message) => void): Heard {
  const waiting = new Map<(message: Message) => boolean, (message: Message) => void>();
  let buffer = Buffer.alloc(0);
  server.stdout?.on("data", (chunk: Buffer) => {
    buffer = Buffer.concat([buffer, chunk]);
    for (;;) {
      const end = buffer.indexOf("\r\n\r\n");
      const length = Number(/Content-Length: (\d+)/i.exec(buffer.toString("latin1", 0, Math.max(end, 0)))?.[1]);
      if (end < 0 || buffer.length < end + 4 + length) return;
      const message: Message = JSON.parse(buffer.toString("utf8", end + 4, end + 4 + length));
      buffer = buffer.subarray(end + 4 + length);
      onMessage(message);
      for (const [isMeant, resolve] of waiting) {
        if (!isMeant(message)) continue;
        waiting.delete(isMeant);
        resolve(message);
      }
    }
  });
  return (isMeant) => new Promise((resolve) => waiting.set(isMeant, resolve));
}
