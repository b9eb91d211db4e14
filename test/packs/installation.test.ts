import { execFile, execFileSync } from "node:child_process";
import { readFileSync, symlinkSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { story } from "../scenarios/support/story.ts";
import { describeWith } from "../support/requires.ts";

const actions = join(import.meta.dirname, "../../packs/core/actions");

/** The actions that wrap the installation API: their endpoint, and parameters that will do. */
const WRAPPERS = [
  { name: "download_packs", path: "download", minimal: { packs: ["core"], destination_dir: "/tmp/x" } },
  { name: "get_pack_dependencies", path: "dependencies", minimal: { pack_paths: ["/tmp/x"] } },
  { name: "build_pack_envs", path: "build-envs", minimal: { pack_paths: ["/tmp/x"] } },
  { name: "register_packs", path: "register-batch", minimal: { pack_paths: ["/tmp/x"] } },
] as const;

interface Arrived {
  readonly path: string | undefined;
  readonly authorization: string | undefined;
  readonly type: string | undefined;
  readonly body: unknown;
  /** The command lines of all curls on this machine while it was answered. */
  readonly commandLines: readonly string[];
}

let server: Server;
let url = "";
let arrived: Arrived[] = [];
let answer: (response: ServerResponse, request: IncomingMessage) => void = () => {};
let inspect = false;

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { url: path, headers } = request;
    const body = JSON.parse(Buffer.concat(chunks).toString());
    const commandLines = inspect ? commandLinesOf("curl") : [];
    arrived.push({ path, authorization: headers.authorization, type: headers["content-type"], body, commandLines });
    answer(response, request);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  arrived = [];
  inspect = false;
  answer = (response) => response.end('{"data":{"ok":true}}');
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function commandLinesOf(program: string): string[] {
  const pids = execFileSync("sh", ["-c", "ls /proc"], { encoding: "utf8" }).match(/^\d+$/gm) ?? [];
  return pids.flatMap((pid) => {
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
      return line.startsWith(program) ? [line] : [];
    } catch {
      return []; // it ended
    }
  });
}

/** Parameters as Attune's worker writes them: sorted, every value in single quotes, what is no text as JSON. */
function dotenv(params: Readonly<Record<string, unknown>>): string {
  const lines = Object.entries(params).map(([name, value]) => {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    return `${name}='${text.replaceAll("'", "'\\''")}'`;
  });
  return `${lines.sort().join("\n")}\n`;
}

interface Ended {
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

interface Shell {
  readonly title: string;
  readonly tools: readonly string[];
  /** The shell and its arguments, and a PATH. */
  readonly start: (directory: string) => { readonly command: readonly [string, ...string[]]; readonly path: string };
}

const inherited = () => process.env["PATH"] ?? "";

/** Two shells, with the awk that Debian has, and with busybox's everything. */
const SHELLS: readonly Shell[] = [
  { title: "dash", tools: ["dash", "curl"], start: () => ({ command: ["dash"], path: inherited() }) },
  {
    title: "busybox",
    tools: ["busybox", "curl"],
    start(directory) {
      const which = (name: string) => execFileSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).trim();
      for (const name of ["awk", "cat", "dirname", "sed", "sh"]) symlinkSync(which("busybox"), join(directory, name));
      symlinkSync(which("curl"), join(directory, "curl"));
      return { command: [join(directory, "sh")], path: directory };
    },
  },
];

for (const { title, tools, start } of SHELLS) {
  describeWith({ tools }, `in ${title}`, () => {
    const it = story();
    const { command, path } = start(it.directory);
    afterAll(() => it[Symbol.dispose]());

    /** Runs an action; `env` is all that it has beside PATH. */
    function raw(name: string, stdin: string, env: Readonly<Record<string, string>> = {}): Promise<Ended> {
      const [shell, ...args] = [...command, join(actions, `${name}.sh`)];
      return new Promise((resolve) => {
        const options = { env: { PATH: path, ...env }, timeout: 50_000, maxBuffer: 2 ** 26 };
        const child = execFile(shell, args, options, (error, stdout, stderr) => {
          resolve({ code: error === null ? 0 : (error.code ?? error.signal ?? "?"), stdout, stderr });
        });
        child.stdin?.end(stdin);
      });
    }

    const run = (name: string, params: object, env?: Readonly<Record<string, string>>) =>
      raw(name, dotenv({ api_url: url, ...params }), env);

    test.for(WRAPPERS)("core.$name posts its parameters to /$path and prints `data`", async (wrapper) => {
      const { name, path: endpoint, minimal } = wrapper;
      const ended = await run(name, { ...minimal, api_token: "t0ken" });
      expect(ended).toEqual({ code: 0, stdout: '{"ok":true}\n', stderr: "" });
      const timeout = { download_packs: { timeout: 300 }, build_pack_envs: { timeout: 600 } };
      const body = { ...minimal, ...Object.entries(timeout).find(([key]) => key === name)?.[1] };
      expect(arrived).toMatchObject([
        { path: `/api/v1/packs/${endpoint}`, authorization: "Bearer t0ken", type: "application/json", body },
      ]);
      expect(arrived[0]?.body).toEqual(body);
    });

    test.for(WRAPPERS)(
      "core.$name takes every parameter that it describes",
      async ({ name, path: endpoint, minimal }) => {
        const { parameters } = parse(readFileSync(join(actions, `${name}.yaml`), "utf8"));
        const values: Readonly<Record<string, unknown>> = { boolean: true, integer: 99, string: "some text" };
        const params = Object.fromEntries(
          Object.entries(parameters as Record<string, { type: string }>)
            .filter(([key]) => !key.startsWith("api_"))
            .map(([key, { type }]) => [key, values[type] ?? ["a", "b"]]),
        );
        expect(Object.keys(params)).toEqual(expect.arrayContaining(Object.keys(minimal)));
        expect(await run(name, params)).toMatchObject({ code: 0 });
        expect(arrived).toMatchObject([{ path: `/api/v1/packs/${endpoint}`, authorization: undefined }]);
        expect(arrived[0]?.body).toEqual(params);
      },
    );

    test("what arrives is exactly what went in, whatever it is", { timeout: 120_000 }, async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(anyText, { maxLength: 5 }),
          anyText,
          anyToken,
          async (packs, destination_dir, token) => {
            arrived = [];
            const params = {
              packs,
              destination_dir: destination_dir || "x",
              api_token: token,
              ref_spec: destination_dir,
            };
            const ended = await run("download_packs", params);
            expect(ended).toEqual({ code: 0, stdout: '{"ok":true}\n', stderr: "" });
            const { api_token: _, ref_spec, ...sent } = params;
            const body = { ...sent, ...(ref_spec !== "" && { ref_spec }), timeout: 300 };
            expect(arrived).toMatchObject([{ authorization: token === "" ? undefined : `Bearer ${token}` }]);
            expect(arrived[0]?.body).toEqual(body);
          },
        ),
        { numRuns: 25 },
      );
    });

    test("large parameters arrive, also where JSON is written over several lines", async () => {
      const packs = Array.from({ length: 3000 }, (_, index) => `it's "pack" \\ number ${index}, which has a long name`);
      const ended = await run("download_packs", {
        packs: JSON.stringify(packs, null, 2),
        destination_dir: "a".repeat(60_000),
      });
      expect(ended).toMatchObject({ code: 0, stderr: "" });
      expect(arrived[0]?.body).toEqual({ packs, destination_dir: "a".repeat(60_000), timeout: 300 });
    });

    test("`data` is printed as it came, whatever is in it", { timeout: 120_000 }, async () => {
      const anyAnswer = fc.record({ message: fc.jsonValue(), data: fc.jsonValue(), last: fc.jsonValue() });
      await fc.assert(
        fc.asyncProperty(anyAnswer, fc.constantFrom(undefined, 2, "\t"), async ({ message, data, last }, indent) => {
          const rest = { nested: { data: "no" }, "data ": 1, last };
          answer = (response) => response.end(JSON.stringify({ message, data, ...rest }, null, indent));
          const ended = await run("get_pack_dependencies", { pack_paths: [] });
          expect(ended).toMatchObject({ code: 0, stderr: "" });
          expect(JSON.parse(ended.stdout)).toEqual(JSON.parse(JSON.stringify(data)));
        }),
        { numRuns: 25 },
      );
    });

    test("a large answer is printed in bearable time", async () => {
      const data = Array.from({ length: 8000 }, (_, index) => ({
        ref: `pack-${index}`,
        says: `"it's" \\ {[,:]} ${index}`,
      }));
      answer = (response) => response.end(JSON.stringify({ data }));
      const { stdout } = await run("get_pack_dependencies", { pack_paths: [] });
      expect(JSON.parse(stdout)).toEqual(data);
    });

    const says = (status: number, body: string) => (response: ServerResponse) => {
      response.statusCode = status;
      response.end(body);
    };
    test.for([
      {
        what: "the documented error",
        answer: says(400, '{"error": "Bad", "message": "Expected `packs`, \\"x\\"", "status": 400}'),
        error: 'the server answered 400: Bad: Expected `packs`, "x"',
      },
      {
        what: "an error that says one thing twice",
        answer: says(409, '{"error":"X","message":"X"}'),
        error: "the server answered 409: X",
      },
      {
        what: "the platform's 401",
        answer: says(401, '{"error":{"code":401,"message":"Missing authentication token"}}'),
        error: "the server answered 401: Missing authentication token",
      },
      { what: "a page", answer: says(502, '<html>\n"\\Bad Gateway\u0001</html>'), error: "the server answered 502" },
      {
        what: "an error that is no JSON text",
        answer: says(500, '{"error":"a\\x\tb"}'),
        error: "the server answered 500",
      },
      { what: "nothing", answer: says(500, ""), error: "the server answered 500" },
      { what: "a redirect", answer: says(302, '{"data":1}'), error: "the server answered 302" },
      ...[
        '{"data":1',
        "[]",
        '{"ok":1}',
        '{"data":}',
        '{"data":1}}',
        '{"data":1} x',
        '{"data":[1}]',
        '{"data":"x',
        "",
        '"data"',
      ].map((body) => ({
        what: `200 and \`${body}\``,
        answer: says(200, body),
        error: "the answer is not what the API answers: expected JSON with `data`",
      })),
      {
        what: "half an answer",
        answer: (response: ServerResponse) => {
          response.writeHead(200, { "Content-Length": 500 });
          response.write('{"data":1}');
          setTimeout(() => response.destroy(), 50);
        },
        error: /^(the connection ended before the answer did|curl ended with 18)$/,
      },
    ])("$what is a failure", async ({ answer: answers, error }) => {
      answer = answers;
      const { code, stdout, stderr } = await run("download_packs", {
        packs: [],
        destination_dir: "x",
        api_token: "s3cret",
      });
      expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
      expect(JSON.parse(stdout)).toEqual({
        downloaded_packs: [],
        failed_packs: [
          { source: "api", error: expect.stringMatching(typeof error === "string" ? exactly(error) : error) },
        ],
        total_count: 1,
        success_count: 0,
        failure_count: 1,
      });
      expect(stdout).not.toContain("s3cret");
    });

    test.for(WRAPPERS)("a failure of core.$name has the shape of its result", async ({ name, minimal }) => {
      const { output } = parse(readFileSync(join(actions, `${name}.yaml`), "utf8"));
      const { code, stdout } = await run(name, { ...minimal, api_url: "http://127.0.0.1:1" });
      expect(code).toBe(1);
      expect(Object.keys(JSON.parse(stdout))).toEqual(Object.keys(output));
      expect(stdout).toContain("the server is not to be reached");
    });

    test("the token is on no command line", async () => {
      inspect = true;
      expect(await run("register_packs", { pack_paths: ["secret-path"], api_token: "s3cret" })).toMatchObject({
        code: 0,
      });
      expect(arrived).toMatchObject([{ authorization: "Bearer s3cret" }]);
      const own = arrived[0]?.commandLines.filter((line) => line.includes("/dev/fd/3")) ?? [];
      expect(own.length).toBeGreaterThan(0);
      expect(own.join()).not.toMatch(/s3cret|secret-path/);
    });

    test("the platform's token goes to the platform only, and no proxy sees what stays on this machine", async () => {
      const env = { ATTUNE_API_TOKEN: "own", ATTUNE_API_URL: url, http_proxy: "http://127.0.0.1:1" };
      await run("get_pack_dependencies", { pack_paths: [] }, env);
      await run("get_pack_dependencies", { pack_paths: [], api_token: "given" }, env);
      await run("get_pack_dependencies", { pack_paths: [] }, { ...env, ATTUNE_API_URL: "http://platform:8080" });
      expect(arrived.map(({ authorization }) => authorization)).toEqual(["Bearer own", "Bearer given", undefined]);
    });

    test.for([
      { what: "no packs", params: { packs: "" }, says: "the parameter `packs` is required" },
      { what: "no destination", params: { destination_dir: "" }, says: "the parameter `destination_dir` is required" },
      ...[
        '"core"',
        "core",
        "[1]",
        '["a",]',
        '["a" "b"]',
        '[["a"]]',
        '["a"]]',
        '["a\\x"]',
        '["a\nb"]',
        '["a',
        "[s]",
        '{"a":"b"}',
        "null",
      ].map((packs) => ({
        what: `packs \`${packs}\``,
        params: { packs },
        says: "expected `packs` to be a JSON array of texts",
      })),
      ...["9", "3601", "-1", "1.5", "x", "010", "", "99999999999999999999", '60,"x":1'].map((timeout) => ({
        what: `a timeout of \`${timeout}\``,
        params: { timeout },
        says: "expected `timeout` to be a whole number from 10 to 3600",
      })),
      { what: "a flag that is none", params: { verify_ssl: "yes" }, says: "expected `verify_ssl` to be true or false" },
      ...["ftp://x", "file:///etc/passwd", "x", "-K/etc/passwd", "http://"].map((api_url) => ({
        what: `the URL ${api_url}`,
        params: { api_url },
        says: "expected `api_url` to begin with http:// or https://",
      })),
      ...["http://x/?a", "http://x/#a", "http://x y", 'http://x"\nurl = "file:///etc/passwd', "http://ü"].map(
        (api_url) => ({
          what: `the URL ${api_url}`,
          params: { api_url },
          says: "expected `api_url` to be a URL without blanks, query and fragment",
        }),
      ),
      ...["s3cret\r\nX: y", "s3 cret", "s3cret\u0001", "s3crét"].map((api_token) => ({
        what: "a token that is none",
        params: { api_token },
        says: "expected `api_token` to be visible ASCII characters",
      })),
    ])("$what is refused before anything is sent", async ({ params, says: message }) => {
      const ended = await run("download_packs", { packs: ["s3cret"], destination_dir: "s3cret", ...params });
      expect(ended).toMatchObject({ code: 2, stderr: `download_packs.sh: ${message}\n` });
      expect(JSON.parse(ended.stdout)).toMatchObject({
        failed_packs: [{ source: "api", error: message }],
        success_count: 0,
      });
      expect(ended.stdout).not.toContain("s3cr");
      expect(arrived).toEqual([]);
    });
  });
}

/** What shells, awk, sed, curl's configuration, dotenv and JSON might take for something else. */
const anyText = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "'",
        '"',
        "\\",
        "\n",
        "\r",
        "\t",
        "\u007f",
        "\u0001",
        "$(touch canary)",
        "`id`",
        "$HOME",
        "%s",
        "&",
        "@/etc/passwd",
      ),
      fc.constantFrom(
        "CONFIG",
        "TEXT\n",
        "\\n",
        "\\u0041",
        "null",
        "=",
        "-n",
        "*",
        "[]",
        "{}",
        "ü",
        "世",
        "\u{1f680}",
        "\u2028",
      ),
      fc.string({ maxLength: 4 }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join("").replaceAll("\0", ""))
  .filter((text) => text.isWellFormed());

const anyToken = fc.stringMatching(/^[!-~]{0,20}$/);

function exactly(text: string): RegExp {
  return new RegExp(`^${RegExp.escape(text)}$`);
}

describe("the workflow", () => {
  test("passes its parameters to the four stages, in order, and has an end for what fails", () => {
    const { tasks } = parse(readFileSync(join(actions, "workflows/install_packs.workflow.yaml"), "utf8"));
    const stages = tasks.filter(({ action }: { action: string }) => action !== "core.noop");
    expect(stages.map(({ action }: { action: string }) => action)).toEqual(WRAPPERS.map(({ name }) => `core.${name}`));
    for (const { action, input } of stages) {
      const { parameters } = parse(readFileSync(join(actions, `${action.slice("core.".length)}.yaml`), "utf8"));
      expect(Object.keys(parameters)).toEqual(expect.arrayContaining(Object.keys(input)));
      expect(Object.keys(input)).toEqual(expect.arrayContaining(["api_url", "api_token"]));
    }
  });
});
