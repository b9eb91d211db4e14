import { execFile } from "node:child_process";
import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";

const root = path.join(import.meta.dirname, "../..");
const core = path.join(root, "packs/core");
const mypack = path.join(root, "packs.dev/mypack");

/** What these tests read of a definition. */
interface Definition {
  readonly ref: string;
  readonly entry_point?: string;
  readonly workflow_file?: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly output?: Readonly<Record<string, unknown>>;
  readonly testing?: { readonly runners: Readonly<Record<string, { readonly entry_point: string }>> };
}

interface Ended {
  readonly exitCode: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

/** What an attacker would like to see evaluated; `canary` would appear in the working directory. */
const hostile = `a"; touch canary; rm -rf $(touch canary) \`touch canary\` 'it''s' \\'; touch canary #\\n\\`;

describe("core.echo", () => {
  test.for([
    { title: "prints a message", message: "hello world" },
    { title: "prints quotes, substitutions and backslashes as they are", message: hostile },
    { title: "prints several lines, also those that look like parameters", message: "one\n\nmessage='two'\n'\n" },
    { title: "takes no message for an option", message: "-n" },
    { title: "prints nothing but the message's own pattern characters", message: "* ? [a-z]* ~ %s %d\t\r" },
    { title: "prints Unicode", message: "grüße, 世界 🚀" },
    { title: "prints an empty message", message: "" },
    { title: "prints a long message", message: `it's ${"x".repeat(95)}`.repeat(1_000) },
  ])("$title", async ({ message }) => {
    for (const shell of ["sh", "bash"]) {
      const ended = await inScratch(shell, [action("echo.sh")], dotenv({ message }));
      expect(ended).toEqual({ exitCode: 0, stdout: `${message}\n`, stderr: "", left: [] });
    }
  });

  test("prints an empty line without parameters", async () => {
    expect(await run(action("echo.sh"), [], "")).toEqual({ exitCode: 0, stdout: "\n", stderr: "" });
  });

  test("sets nothing but its own parameters", async () => {
    const stdin = dotenv({ IFS: "x", PATH: "/nowhere", "headers.X": hostile, _value: "lost", message: "kept" });
    expect(await inScratch("sh", [action("echo.sh")], stdin)).toMatchObject({
      exitCode: 0,
      stdout: "kept\n",
      left: [],
    });
  });

  test.for([
    { title: "an open quote", stdin: "message='s3cret" },
    { title: "text after the closing quote", stdin: "message='s3cret'; touch canary" },
    { title: "a quote inside a bare value", stdin: "message=s3cret'; touch canary'" },
    { title: "a quote without a name", stdin: "'s3cret'\n" },
    { title: "JSON", stdin: `{"message": "s3cret"}` },
  ])("refuses $title, without showing the value", async ({ stdin }) => {
    const ended = await inScratch("sh", [action("echo.sh")], stdin);
    expect(ended).toMatchObject({ exitCode: 2, stdout: "", left: [] });
    expect(ended.stderr).toMatch(/^echo\.sh: .+\n$/);
    expect(ended.stderr).not.toContain("s3cret");
  });
});

describe("core.noop", () => {
  test("does nothing", async () => {
    expect(await run(action("noop.sh"), [], "")).toEqual({ exitCode: 0, stdout: "", stderr: "" });
  });

  test("prints its message and ends as asked", async () => {
    const stdin = dotenv({ exit_code: "7", message: hostile });
    expect(await inScratch("sh", [action("noop.sh")], stdin)).toMatchObject({
      exitCode: 7,
      stdout: `${hostile}\n`,
      left: [],
    });
  });

  test.for(["256", "-1", "1.5", "", " 1", "1; touch canary", "99999999999999999999", "1\n2"])(
    "refuses the exit code `%s`",
    async (exit_code) => {
      const ended = await inScratch("sh", [action("noop.sh")], dotenv({ exit_code }));
      expect(ended).toMatchObject({ exitCode: 2, stdout: "", left: [] });
      expect(ended.stderr).toContain("`exit_code`");
    },
  );
});

describe("core.sleep", () => {
  test("waits", async () => {
    const started = performance.now();
    const ended = await run(action("sleep.sh"), [], dotenv({ seconds: "1", message: hostile }));
    expect(ended).toEqual({ exitCode: 0, stdout: `${hostile}\n`, stderr: "" });
    expect(performance.now() - started).toBeGreaterThan(950);
  });

  test("ends at once when it is cancelled", async () => {
    const started = performance.now();
    const ended = await run(action("sleep.sh"), [], dotenv({ seconds: "3600" }), { timeout: 300 });
    expect(ended.exitCode).toBe("SIGTERM");
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  test("needs to know how long", async () => {
    const ended = await run(action("sleep.sh"), [], "");
    expect(ended).toEqual({ exitCode: 2, stdout: "", stderr: "sleep.sh: the parameter `seconds` is required\n" });
  });

  test.for(["3601", "-1", "0.5", "1h", "infinity", "$(touch canary)", "99999999999999999999"])(
    "refuses `%s` seconds",
    async (seconds) => {
      const ended = await inScratch("sh", [action("sleep.sh")], dotenv({ seconds }));
      expect(ended).toMatchObject({ exitCode: 2, stdout: "", left: [] });
      expect(ended.stderr).toContain("`seconds`");
    },
  );
});

describe("core.http_request", () => {
  let server: Server;
  let url: string;

  beforeAll(async () => {
    server = createServer(async (request, response) => {
      if (request.url === "/silent") return;
      let body = "";
      for await (const chunk of request) body += chunk;
      if (request.url === "/missing") response.statusCode = 404;
      response.setHeader("Content-Type", "application/json");
      response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  test("sends what it is given and returns the answer as JSON", async () => {
    const params = { url: `${url}/?q=1`, method: "POST", headers: { "X-Test": hostile }, json_body: { text: hostile } };
    const { exitCode, result, stderr } = await request(params);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(result).toMatchObject({
      success: true,
      status_code: 200,
      url: `${url}/?q=1`,
      headers: { "content-type": "application/json" },
      body_encoding: "text",
      json: { method: "POST", url: "/?q=1", headers: { "x-test": hostile, "content-type": "application/json" } },
    });
    expect(result).toHaveProperty(
      "json.body",
      expect.toSatisfy((body) => JSON.parse(body).text === hostile),
    );
  });

  test("sends text over several lines", async () => {
    const body = `${hostile}\n\n'"\u{1f680}`;
    expect((await request({ url, method: "PUT", body })).result).toHaveProperty("json.body", body);
  });

  test("ends with 1 when the status says failure", async () => {
    const { exitCode, result, stderr } = await request({ url: `${url}/missing` });
    expect(exitCode).toBe(1);
    expect(result).toMatchObject({ success: false, status_code: 404, error_code: "http_status" });
    expect(stderr).toBe("http_request: the server answered 404 Not Found\n");
  });

  test.for([
    { title: "no parameters", params: {} },
    { title: "no url", params: { method: "GET" } },
    { title: "a file", params: { url: "file:///etc/passwd" } },
    { title: "another scheme", params: { url: "ftp://127.0.0.1/" } },
    { title: "a method that is none", params: { url: "http://127.0.0.1:1/", method: "GET / HTTP/1.1" } },
    { title: "a header over two lines", params: { url: "http://127.0.0.1:1/", headers: { a: "b\r\nc: d" } } },
    { title: "a timeout out of range", params: { url: "http://127.0.0.1:1/", timeout: 0 } },
    { title: "two bodies", params: { url: "http://127.0.0.1:1/", body: "", json_body: {} } },
  ])("refuses $title", async ({ params }) => {
    const { exitCode, result, stderr } = await request(params);
    expect(exitCode).toBe(2);
    expect(result).toMatchObject({ success: false, status_code: null, error_code: "invalid_parameters" });
    expect(stderr).toMatch(/^http_request: .+\n$/);
  });

  test("refuses what is not JSON", async () => {
    const ended = await run(action("http_request.py"), [], "url='http://127.0.0.1:1/'\n");
    expect(ended.exitCode).toBe(2);
    expect(JSON.parse(ended.stdout)).toMatchObject({ success: false, error_code: "invalid_parameters" });
  });

  test("ends with 3 when no answer comes in time", async () => {
    const { exitCode, result } = await request({ url: `${url}/silent`, timeout: 1 });
    expect(exitCode).toBe(3);
    expect(result).toMatchObject({ success: false, status_code: null, error_code: "timeout" });
  });

  async function request(params: object) {
    const { stdout, ...ended } = await run(action("http_request.py"), [], JSON.stringify(params));
    return { ...ended, result: JSON.parse(stdout) as unknown };
  }
});

describe("the pack", () => {
  const definition = (file: string): Definition => parse(readFileSync(path.join(core, file), "utf8"));
  const definitions = (directory: string) =>
    readdirSync(path.join(core, directory))
      .filter((name) => name.endsWith(".yaml"))
      .map((name) => ({ name: path.parse(name).name, ...definition(path.join(directory, name)) }));

  test("has what its README lists, each under its own ref", () => {
    const expected = {
      actions: [
        "build_pack_envs",
        "download_packs",
        "echo",
        "get_pack_dependencies",
        "http_request",
        "install_packs",
        "noop",
        "register_packs",
        "sleep",
      ],
      triggers: ["crontimer", "datetimetimer", "intervaltimer"],
      sensors: ["timer_sensor"],
      runtimes: ["native", "nodejs", "python", "shell"],
    };
    for (const [directory, names] of Object.entries(expected)) {
      expect(definitions(directory)).toMatchObject(
        names.map((name) => ({ name: expect.any(String), ref: `core.${name}` })),
      );
    }
    expect(definition("pack.yaml")).toMatchObject({ ref: "core", version: "1.0.0" });
  });

  test("describes every parameter and output with type and purpose", () => {
    for (const directory of ["actions", "triggers", "sensors"]) {
      for (const { ref, parameters, output } of definitions(directory)) {
        for (const [name, field] of Object.entries({ ...parameters, ...output })) {
          expect(field, `${ref} ${name}`).toMatchObject({ type: expect.any(String), description: expect.any(String) });
        }
      }
    }
  });

  test("has the program of every action, executable, and of the sensor only the definition", () => {
    for (const { entry_point, workflow_file } of definitions("actions")) {
      if (workflow_file !== undefined) continue;
      expect(mode(action(entry_point ?? "?")) & 0o100, entry_point).toBe(0o100);
    }
    expect(definition("sensors/timer_sensor.yaml")).toMatchObject({ entry_point: "attune-core-timer-sensor" });
  });

  test("has executable files exactly where a first line names an interpreter", () => {
    for (const pack of [core, mypack]) {
      for (const entry of readdirSync(pack, { recursive: true, withFileTypes: true })) {
        const file = path.join(entry.parentPath, entry.name);
        if (!entry.isFile() || /__pycache__|attune-core-timer-sensor|timer-sensor\/target\//.test(file)) continue;
        const script = readFileSync(file, "utf8").startsWith("#!");
        expect((mode(file) & 0o100) !== 0, file).toBe(script);
      }
    }
  });

  test("passes its own shell tests", { timeout: 60_000 }, async () => {
    for (const shell of ["sh", "bash"]) {
      const ended = await run(shell, [definition("pack.yaml").testing?.runners["shell"]?.entry_point ?? "?"], "", {
        cwd: core,
      });
      expect(ended, ended.stdout).toMatchObject({ exitCode: 0, stderr: "" });
      expect(ended.stdout).toMatch(/\nTotal Tests: (\d+)\nPassed: \1\nFailed: 0\nSkipped: 0\n$/);
    }
  });

  test("passes its own Python tests", { timeout: 120_000 }, async () => {
    const args = ["-m", "unittest", definition("pack.yaml").testing?.runners["python"]?.entry_point ?? "?"];
    const ended = await run("python3", args, "", { cwd: core, timeout: 110_000 });
    expect(ended, ended.stderr).toMatchObject({ exitCode: 0 });
  });
});

test("`packs.dev/mypack` is what the quick reference makes by hand", async () => {
  expect(readdirSync(mypack, { recursive: true }).sort()).toEqual(["actions", "actions/echo.sh", "actions/test.yaml"]);
  expect(parse(readFileSync(path.join(mypack, "actions/test.yaml"), "utf8"))).toEqual({
    name: "test",
    description: "Test action",
    runner_type: "Shell",
    entry_point: "echo.sh",
    parameters: { message: { type: "string", required: true } },
  });
  expect(readFileSync(path.join(mypack, "actions/echo.sh"), "utf8")).toBe(
    ["#!/bin/bash", 'echo "Message: $ATTUNE_MESSAGE"', ""].join("\n"),
  );
});

function action(file: string): string {
  return path.join(core, "actions", file);
}

function mode(file: string): number {
  return lstatSync(file).mode & 0o777;
}

/** Parameters as Attune's worker writes them: sorted, every value in single quotes. */
function dotenv(params: Readonly<Record<string, string>>): string {
  const lines = Object.entries(params).map(([name, value]) => `${name}='${value.replaceAll("'", "'\\''")}'`);
  return `${lines.sort().join("\n")}\n`;
}

/** Runs in an empty directory and tells what is `left` there: a trace of text that was evaluated. */
async function inScratch(file: string, args: readonly string[], stdin: string) {
  const cwd = mkdtempSync(path.join(tmpdir(), "packsync-core-"));
  try {
    writeFileSync(path.join(cwd, "match"), "");
    const ended = await run(file, args, stdin, { cwd });
    return { ...ended, left: readdirSync(cwd).filter((name) => name !== "match") };
  } finally {
    rmSync(cwd, { recursive: true });
  }
}

/** Starts a program and waits for its end; `exitCode` is the signal's name if one ended it. */
function run(file: string, args: readonly string[], stdin: string, options: { cwd?: string; timeout?: number } = {}) {
  const environment = Object.entries(process.env).filter(([name]) => !/_proxy$/i.test(name));
  const env = { ...Object.fromEntries(environment), PYTHONDONTWRITEBYTECODE: "1" };
  return new Promise<Ended>((resolve) => {
    const child = execFile(file, args, { timeout: 20_000, ...options, env }, (error, stdout, stderr) => {
      resolve({ exitCode: error === null ? 0 : (error.signal ?? error.code ?? "failed to start"), stdout, stderr });
    });
    // A script that refuses its input early may close it before it has all.
    child.stdin?.on("error", () => {});
    child.stdin?.end(stdin);
  });
}
