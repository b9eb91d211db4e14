import { existsSync, globSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { runProgram } from "../../src/cli/program.ts";
import { SETTINGS } from "../../src/config/settings.ts";
import { ExitCode } from "../../src/errors.ts";
import { EVENT_KINDS } from "../../src/events/event.ts";

const root = join(import.meta.dirname, "../..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const cli = read("docs/cli.md");

/** The text below a heading, up to the next one of its level. */
function section(page: string, heading: string): string {
  const [, below = ""] = page.split(`\n## ${heading}\n`);
  return below.split("\n## ")[0] ?? "";
}

/** The first cells of a table's rows, without its head: what they say in code. */
function firstCells(text: string): string[] {
  const rows = text.split("\n").filter((line) => /^\| [`0-9]/.test(line));
  return rows.map((row) => row.split("|")[1]?.trim() ?? "");
}

function codes(cells: readonly string[]): string[] {
  return cells.map((cell) => cell.replaceAll("`", "")).sort();
}

describe("docs/cli.md has every option of --help, and no other", () => {
  const flags = (text: string): Set<string> => new Set(text.match(/(?<![\w-])--[a-z][a-z-]*/g));

  test.for(["options", "everything else"])("%s", async (where) => {
    const pages = await Promise.all(COMMANDS.map((command) => help(command)));
    const known = flags(
      pages
        .join("\n")
        .match(/^ {2}-.*$/gm)
        ?.join("\n") ?? "",
    );
    if (where === "options") {
      expect(flags(firstCells(section(cli, "Options")).join(" "))).toEqual(known);
    } else {
      expect([...flags(cli)].filter((flag) => !known.has(flag))).toEqual([]);
    }
  });
});

const COMMANDS = [
  [],
  ...[
    "plan",
    "status",
    "history",
    "events",
    "diff",
    "verify",
    "doctor",
    "validate",
    "schema",
    "new",
    "rollback",
    "pin",
    "unpin",
    "download",
    "install",
    "register",
    "uninstall",
    "dependencies",
    "test",
    "search",
    "build-envs",
    "services",
    "notify",
    "docker-guard",
    "config",
  ].map((name) => [name]),
];

async function help(command: readonly string[]): Promise<string> {
  let text = "";
  const stream = Object.assign(Object.create(process.stdout), {
    write: (chunk: string) => {
      text += chunk;
      return true;
    },
  });
  const around = { env: {}, cwd: root, stdout: stream, stderr: stream, abort: new AbortController().signal };
  expect(await runProgram([...command, "--help"], around)).toBe(ExitCode.ok);
  return text;
}

test("docs/cli.md has every outcome and state in its one table, each once", () => {
  const names = [...members("src/cycle/report.ts", "Outcome"), ...members("src/cycle/status.ts", "PackState")];
  expect(codes(firstCells(section(cli, "Outcomes and states")))).toEqual([...new Set(names)].sort());
});

/** The members of a union of texts, which is not there any more when the program runs. */
function members(file: string, type: string): string[] {
  const [, union = ""] = new RegExp(`export type ${type} =([^;]+);`).exec(read(file)) ?? [];
  return [...union.matchAll(/"([^"]+)"/g)].map(([, name = ""]) => name);
}

test("docs/cli.md has a line for every diagnostic code in src, and for no other", () => {
  // Of the catalogs only `verify` has findings; what looks like one there is SQL and runtimes' names, and settings of git's where git is called.
  const files = globSync("src/**/*.ts", { cwd: root }).filter((file) => !/^src\/(catalog\/|install\/git)/.test(file));
  const sources = files.map(read).join("\n");
  const literals = [...sources.matchAll(/"([a-z_]+\.[a-z_]+)"/g)].map(([, code = ""]) => code);
  const isOther = (text: string) =>
    /\.(com|db|dev|example|gz|html|ini|json|lock|mod|schemas|sum|toml|txt|yaml)$/.test(text) ||
    text === ADMIN ||
    text === "packs.setup_virtualenv" || // an action of StackStorm's
    text === "packsync.when" || // labels
    text === "packsync.how" ||
    text === "packsync.events" || // a sub-protocol of WebSockets
    EVENT_KINDS.some((kind) => kind === text && kind !== "pack.failed") || // that is a finding, too
    SETTINGS.some(({ key }) => key === text);
  const found = new Set(literals.filter((literal) => !isOther(literal)));
  expect(codes(firstCells(section(cli, "Findings")))).toEqual([...found].sort());
});

/** A permission set. */
const ADMIN = "core.admin";

test("docs/cli.md explains every exit code", () => {
  const expected = Object.values(ExitCode).map(String).sort();
  expect(firstCells(section(cli, "Exit codes"))).toEqual(expected);
});

test("docs/how-it-publishes.md numbers the write order as go-live.ts does", () => {
  const steps = section(read("docs/how-it-publishes.md"), "The write order").match(/^\d(?=\. )/gm) ?? [];
  expect(steps).toEqual(["1", "2", "3", "4", "5", "6", "7", "8"]);
  const numbers = new Set(read("src/publish/go-live.ts").match(/(?<=\()\d(?=\))/g));
  expect([...numbers].sort()).toEqual(steps.slice(0, -1));
});

test("CONTRIBUTING.md has every folder and file directly below src", () => {
  const page = read("CONTRIBUTING.md");
  const names = readdirSync(join(root, "src"), { withFileTypes: true }).map((entry) =>
    entry.isDirectory() ? `${entry.name}/` : entry.name,
  );
  expect(names.filter((name) => !page.includes(`\n  ${name} `))).toEqual([]);
});

describe("every relative link leads somewhere", () => {
  test.for(globSync(["*.md", "docs/*.md"], { cwd: root }))("in %s", (file) => {
    const links = [...read(file).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, link = ""]) => link);
    expect(links.filter((link) => !leadsSomewhere(file, link))).toEqual([]);
  });
});

function leadsSomewhere(file: string, link: string): boolean {
  const [path = "", anchor] = link.split("#");
  const target = path === "" ? file : join(dirname(file), path);
  if (!existsSync(join(root, target))) return false;
  return anchor === undefined || anchors(read(target)).has(anchor);
}

/** As GitHub makes them of headings. */
function anchors(page: string): Set<string> {
  const headings = [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}
