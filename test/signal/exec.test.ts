import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Notice } from "../../src/signal/driver.ts";
import { execDriver } from "../../src/signal/exec.ts";
import { failureOf } from "../contract/driver.contract.ts";
import { silent } from "../support/sync.ts";
import { scratch } from "../support/trees.ts";

const never = new AbortController().signal;
const script = { path: "actions/echo.sh", meaning: "script" } as const;
const notice: Notice = {
  service: "agent",
  packs: [
    { ref: "demo", release: "2-0123abcd", changes: [script, { path: "a b.yaml", meaning: "metadata" }] },
    { ref: "gone", release: undefined, changes: [script] },
  ],
};

function told(command: readonly string[], about: { readonly lines?: string[]; readonly notice?: Notice } = {}) {
  const log = { ...silent, info: (fields: object) => void about.lines?.push(Object(fields).line) };
  return execDriver({ command, timeoutSeconds: 60, log }).tell(about.notice ?? notice, never);
}

test("hands the notice over as JSON on stdin, and in short in the environment", async () => {
  using directory = scratch();
  await told(["sh", "-c", 'cat > "$1/json"; env > "$1/env"', "sh", directory.path]);
  expect(JSON.parse(readFileSync(`${directory.path}/json`, "utf8"))).toEqual({
    service: "agent",
    packs: [
      { pack: "demo", release: "2-0123abcd", changes: notice.packs[0]?.changes },
      { pack: "gone", release: null, changes: [script] },
    ],
  });
  const env = readFileSync(`${directory.path}/env`, "utf8");
  expect(env).toContain("PACKSYNC_SERVICE=agent\n");
  expect(env).toContain("PACKSYNC_PACKS=demo gone\n");
  expect(env).toContain("PACKSYNC_RELEASES=2-0123abcd none\n");
  expect(env).toContain("PACKSYNC_CHANGES=demo/actions/echo.sh\ndemo/a b.yaml\ngone/actions/echo.sh\n");
});

test("is an argument list: no shell reads it", async () => {
  const lines: string[] = [];
  await told(["printf", "%s\\n", "$(id) ; `id` && *", ""], { lines });
  expect(lines).toEqual(["$(id) ; `id` && *", ""]);
});

test("puts stdout and stderr into the log, line by line, long ones cut", async () => {
  const lines: string[] = [];
  await told(["sh", "-c", "echo out; echo err >&2; head -c 5000 /dev/zero | tr '\\0' x; echo; printf end"], { lines });
  expect(lines.toSorted().map((line) => line.slice(0, 5))).toEqual(["end", "err", "out", "xxxxx"]);
  expect(Math.max(...lines.map((line) => line.length))).toBe(2000);
});

test("takes a pack of 100,000 changes, and a command that reads none of it", async () => {
  const changes = Array.from({ length: 100_000 }, (_, index) => ({ ...script, path: `actions/${index}.sh` }));
  const large = { ...notice, packs: [{ ref: "demo", release: "1", changes }] };
  const lines: string[] = [];
  await expect(told(["true"], { notice: large })).resolves.toMatchObject({ kind: "told" });
  await told(["sh", "-c", 'cat | wc -c; printf "%s" "$PACKSYNC_CHANGES" | tail -n 1'], { notice: large, lines });
  expect(Number(lines[0])).toBeGreaterThan(4_000_000);
  expect(lines[1]).toMatch(/^demo\/actions\/\d+\.sh$/);
});

test.for<[title: string, command: readonly string[], message: RegExp]>([
  ["another exit code", ["sh", "-c", "exit 3"], /^Expected `sh -c exit 3` to end with 0, got 3$/],
  ["a signal", ["sh", "-c", "kill -9 $$"], /got SIGKILL$/],
  ["no such program", ["/nowhere/tool"], /^Expected `\/nowhere\/tool` to start, got ENOENT$/],
  ["a program that may not run", ["/etc/passwd"], /to start, got EACCES$/],
])("fails with %s", async ([, command, message]) => {
  const error = await failureOf(told(command));
  expect(error.message).toMatch(message);
  expect(error.code).toBe("SIGNAL_FAILED");
});
