import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import headless from "@xterm/headless";
import { expect } from "vitest";
import { COMPILE_CACHE, MAIN } from "../programs/start.ts";
import { PATIENCE } from "./daemon.ts";
import type { Story } from "./story.ts";

const PROGRAM = fileURLToPath(new URL("../programs/terminal.py", import.meta.url));

interface End {
  /** `null`: a signal ended it. */
  readonly code: number | null;
  readonly signal: number | null;
  /** Whether the terminal shows again what is typed, and sends it line by line. */
  readonly cooked: boolean;
}

/** `packsync` in a terminal. Disposing it kills it. */
export interface TerminalRun extends AsyncDisposable {
  readonly ended: Promise<End>;
  /** What a person sees, line by line, without blanks at the ends. */
  screen(): Promise<readonly string[]>;
  /** Waits until they see this. */
  see(words: string | RegExp): Promise<void>;
  /** Whether it is the terminal's other screen. */
  isOther(): Promise<boolean>;
  /** Everything that was written. */
  written(): string;
  resize(columns: number, rows: number): void;
  press(keys: string): void;
  signal(name: NodeJS.Signals): void;
}

interface TerminalOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** A command that runs the program, e.g. a shell. */
  readonly through?: readonly string[];
}

export function inTerminal(
  it: Story,
  args: readonly string[],
  { columns = 100, rows = 30, env = {}, through = [] }: TerminalOptions = {},
): TerminalRun {
  const terminal = new headless.Terminal({ cols: columns, rows, allowProposedApi: true });
  const child = spawn("python3", [PROGRAM, `${columns}`, `${rows}`, ...through, process.execPath, MAIN, ...args], {
    cwd: it.directory,
    env: {
      PATH: process.env["PATH"] ?? "",
      NODE_COMPILE_CACHE: COMPILE_CACHE,
      TERM: "xterm-256color",
      LANG: "C.UTF-8",
      PYTHONCOERCECLOCALE: "0", // it would make UTF-8 of everything
      ...env,
    },
  });
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    terminal.write(chunk);
  });
  const said = text(child.stderr);
  const ended = once(child, "close").then(async (): Promise<End> => JSON.parse(await said));
  const written = (): string => Buffer.concat(chunks).toString("utf8");
  const shown = async (): Promise<void> => {
    while (child.exitCode === null && isInMidPicture(written())) await sleep(10);
    await new Promise<void>((resolve) => terminal.write("", resolve));
  };
  const order = (what: object): void => void child.stdin.write(`${JSON.stringify(what)}\n`);
  const screen = async (): Promise<readonly string[]> => {
    await shown();
    const { active } = terminal.buffer;
    return Array.from({ length: terminal.rows }, (_, row) =>
      (active.getLine(active.baseY + row)?.translateToString(true, 0, terminal.cols) ?? "").trimEnd(),
    );
  };
  return {
    ended,
    screen,
    async see(words) {
      const isThere = expect.poll(async () => (await screen()).join("\n"), PATIENCE);
      await (typeof words === "string" ? isThere.toContain(words) : isThere.toMatch(words));
    },
    async isOther() {
      await shown();
      return terminal.buffer.active.type === "alternate";
    },
    written,
    resize(nextColumns, nextRows) {
      terminal.resize(nextColumns, nextRows);
      order({ resize: [nextColumns, nextRows] });
    },
    press: (keys) => order({ input: keys }),
    signal: (name) => order({ signal: constants.signals[name] }),
    async [Symbol.asyncDispose]() {
      child.stdin.end(); // it kills what runs in it
      await ended.catch(() => {});
      terminal.dispose();
    },
  };
}

/** A terminal that knows synchronized updates would not show it yet. */
function isInMidPicture(written: string): boolean {
  return written.lastIndexOf("\u001b[?2026h") > written.lastIndexOf("\u001b[?2026l");
}
