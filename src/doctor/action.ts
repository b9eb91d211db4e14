import { accessSync, closeSync, constants, openSync, readFileSync, readSync, statSync } from "node:fs";
import type { PackReport } from "../cycle/report.ts";
import { isElf } from "../pack/elf.ts";
import { isLitter } from "../pack/layout.ts";
import { listNames } from "../platform/names.ts";
import { readYaml } from "../scan/read-yaml.ts";
import { type Check, failed, note, ok } from "./check.ts";

/** A definition of an action: its file, relative to the pack, and what it says. */
export interface FoundAction {
  readonly file: string;
  readonly value: Readonly<Record<string, unknown>>;
}

/** The definition of an action in a pack's directory, or why there is none. */
export async function findAction(root: string, pack: string, name: string): Promise<FoundAction | Check> {
  const known: string[] = [];
  const broken: string[] = [];
  for (const file of definitionsIn(`${root}/actions`)) {
    const parsed = await readYaml(readFileSync(`${root}/actions/${file}`), file);
    const value: unknown = parsed.ok ? parsed.value : undefined;
    if (!isMapping(value)) {
      broken.push(file);
      continue;
    }
    const ref = refOf(value, pack);
    if (ref === `${pack}.${name}`) return { file: `actions/${file}`, value };
    if (ref !== undefined) known.push(ref);
  }
  const message = `No file in ${root}/actions defines \`${pack}.${name}\`.`;
  if (broken.length > 0)
    return failed("definition", `${message} Not readable: ${broken.join(", ")}.`, `packsync validate ${root}`);
  const others = known.length === 0 ? "there are no others" : `others are ${known.slice(0, 10).join(", ")}`;
  return failed("definition", message, `Write one with \`ref: ${pack}.${name}\`; ${others}.`);
}

function definitionsIn(directory: string): readonly string[] {
  try {
    return listNames(directory).filter((name) => /\.ya?ml$/.test(name) && !isLitter(name));
  } catch {
    return [];
  }
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Attune's actions have a `ref`, StackStorm's a `name` within the pack. */
function refOf({ ref, name }: FoundAction["value"], pack: string): string | undefined {
  if (typeof ref === "string") return ref;
  return typeof name === "string" ? `${pack}.${name}` : undefined;
}

/** Whether the volume has what the source says of these files; `plan` is what a sync would do. */
export function checkSame({ plan = [], release }: PackReport, paths: readonly string[]): Check {
  const different = plan.find(({ kind, path }) => paths.includes(path) && (kind === "add" || kind === "replace"));
  if (different !== undefined) {
    const what = different.kind === "add" ? "is not in the volume" : "is another file in the volume";
    return failed("same", `${different.path} ${what}.`, "packsync --once");
  }
  const kept = plan.find(({ kind, path }) => paths.includes(path) && kind === "preserve");
  if (kept !== undefined) {
    return note("same", `${kept.path} is the volume's own binary, which stays.`, "packsync plan says why.");
  }
  return ok("same", `What the volume has in ${release} is what the source says.`);
}

/** What the action runs, relative to the pack; `undefined`: nothing of the pack. */
export function entryOf({ value }: FoundAction): string | undefined {
  const { entry_point: entry, workflow_file: workflow } = value;
  const given = typeof workflow === "string" ? workflow : entry;
  return typeof given === "string" && given.trim() !== "" ? `actions/${given}` : undefined;
}

/** Whether what the action runs can be run: it is there, executable, and what its first line names is at hand. */
export function checkEntry(root: string, entry: string): readonly Check[] {
  const path = `${root}/${entry}`;
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) {
    return [
      failed(
        "entry",
        `The entry point ${entry} is not in the volume.`,
        "Write it, or correct `entry_point`; then packsync --once",
      ),
    ];
  }
  if (!stats.isFile()) return [failed("entry", `The entry point ${entry} is no file.`, "Correct `entry_point`.")];
  const head = headOf(path);
  if (isElf(head)) return []; // the checks of binaries say more
  const line = head.toString("latin1").split("\n", 1)[0] ?? "";
  const isExecutable = (stats.mode & 0o111) !== 0;
  if (!line.startsWith("#!")) return [ok("entry", `The entry point ${entry} is there.`)];
  if (!isExecutable)
    return [failed("entry", `The entry point ${entry} is not executable.`, "packsync verify --repair")];
  if (line.endsWith("\r")) {
    const message = `The first line of ${entry} ends with \\r\\n: the kernel looks for an interpreter of that name.`;
    return [failed("entry", message, "packsync validate --fix; then packsync --once")];
  }
  return [ok("entry", `The entry point ${entry} is there and executable.`), interpreterCheck(line)];
}

/** The longest first line that the kernel reads (`BINPRM_BUF_SIZE`). */
const HEAD_BYTES = 256;

function headOf(path: string): Buffer {
  const fd = openSync(path, "r");
  try {
    const buffer = Buffer.alloc(HEAD_BYTES);
    return buffer.subarray(0, readSync(fd, buffer, 0, HEAD_BYTES, 0));
  } finally {
    closeSync(fd);
  }
}

function interpreterCheck(line: string): Check {
  const [interpreter = "", argument] = line.slice(2).trim().split(/\s+/);
  const name = interpreter.endsWith("/env") && argument !== undefined ? argument : interpreter;
  const places = name.includes("/") ? [name] : PATH.map((directory) => `${directory}/${name}`);
  if (places.some(canRun)) return ok("interpreter", `Its interpreter ${name} is on this machine.`);
  const message = `Its interpreter ${name} is not on this machine.`;
  return note("interpreter", message, "It has to be in the image of the worker that runs it.");
}

const PATH = ["/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/sbin", "/sbin"];

function canRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
