import { basename } from "node:path";
import { PacksyncError } from "../../errors.ts";
import { runtimeNotThere } from "./failure.ts";
import { programsOnPath } from "./on-path.ts";
import { type Running, runProgram } from "./program.ts";
import { fitOf, type Wanted } from "./wanted.ts";

/** A Python or a Node.js of this machine. */
export interface Interpreter {
  readonly path: string;
  /** `3.11.4` */
  readonly version: string;
  /** `Python 3.11.4`, `v20.11.0`. */
  readonly shown: string;
  /** All of it that what is built with it depends on. */
  readonly identity: string;
  /** Of a Python: whether it can make virtual environments. */
  readonly makesVenvs: boolean;
}

/** What is on this machine; it is asked once. */
export interface Machine {
  python(wanted: Wanted, abort: AbortSignal): Promise<Interpreter>;
  nodejs(wanted: Wanted, abort: AbortSignal): Promise<Interpreter>;
  /** `undefined`: there is no uv. */
  uv(abort: AbortSignal): Promise<string | undefined>;
}

type Probe = (path: string, abort: AbortSignal) => Promise<Interpreter | undefined>;

/** @param running how programs are asked */
export function lookAround(running: Running): Machine {
  const path = running.env["PATH"];
  const ask = (file: string, args: readonly string[], abort: AbortSignal) => answer({ file, args }, running, abort);
  const python = once(async (file, abort) => pythonOf(await ask(file, ["-I", "-c", ASK_PYTHON], abort)));
  const nodejs = once(async (file, abort) => nodejsOf(await ask(file, ["-p", ASK_NODEJS], abort)));
  const uv = async (abort: AbortSignal): Promise<string | undefined> => {
    for (const file of programsOnPath(path, /^uv$/))
      if ((await ask(file, ["--version"], abort)) !== undefined) return file;
    return undefined;
  };
  return {
    uv,
    nodejs: (wanted, abort) =>
      choose("Node.js", { candidates: programsOnPath(path, /^(node|nodejs)$/), wanted, probe: nodejs }, abort),
    async python(wanted, abort) {
      const candidates = programsOnPath(path, /^python3(\.\d+)?$/, byMinor);
      const tool = await uv(abort);
      const more = async () => (tool === undefined ? [] : pathsIn(await ask(tool, UV_LIST, abort)));
      const probe: Probe = async (file, signal) => {
        const found = await python(file, signal);
        return found === undefined || found.makesVenvs || tool !== undefined ? found : { ...found, version: "" };
      };
      return await choose("Python 3", { candidates, more, wanted, probe }, abort);
    },
  };
}

interface Choice {
  readonly candidates: readonly string[];
  /** Where else to look. */
  readonly more?: () => Promise<readonly string[]>;
  readonly wanted: Wanted;
  readonly probe: Probe;
}

async function choose(
  name: "Python 3" | "Node.js",
  { candidates, more, wanted, probe }: Choice,
  abort: AbortSignal,
): Promise<Interpreter> {
  const found: Interpreter[] = [];
  for (const lookIn of [async () => candidates, more ?? (async () => [])]) {
    for (const path of await lookIn()) {
      const interpreter = await probe(path, abort);
      if (interpreter === undefined || found.some((each) => each.path === interpreter.path)) continue;
      if (fitOf(interpreter.version, wanted) === "first") return interpreter;
      found.push(interpreter);
    }
    const good = found.find(({ version }) => fitOf(version, wanted) === "good");
    if (good !== undefined) return good;
  }
  const there = found.map(({ shown, path, makesVenvs }) => `${shown}${makesVenvs ? "" : " without venv"} at ${path}`);
  throw runtimeNotThere(name, wanted, there, name === "Python 3" ? "python3 with its module venv" : "it");
}

async function answer(
  call: { readonly file: string; readonly args: readonly string[] },
  running: Running,
  abort: AbortSignal,
): Promise<string | undefined> {
  try {
    return await runProgram({ ...call, cwd: "/" }, running, abort);
  } catch (error) {
    if (error instanceof PacksyncError && !abort.aborted) return undefined; // it is there, and does not work
    throw error;
  }
}

/** A program is asked once, unless it was not to be asked to the end. */
function once(probe: Probe): Probe {
  const known = new Map<string, Promise<Interpreter | undefined>>();
  return (path, abort) => {
    const asked = known.get(path) ?? probe(path, abort);
    known.set(path, asked);
    asked.catch(() => known.delete(path));
    return asked;
  };
}

/** A Python of a virtual environment is the one that this was made with. */
const ASK_PYTHON = `
import importlib.util, json, platform, sys, sysconfig
print(json.dumps({
  "path": getattr(sys, "_base_executable", None) or sys.executable,
  "version": "%d.%d.%d" % sys.version_info[:3],
  "identity": [platform.python_implementation(), platform.machine(), sysconfig.get_config_var("SOABI"), sys.version],
  "venv": all(importlib.util.find_spec(name) for name in ("venv", "ensurepip")),
}))`;

const ASK_NODEJS =
  "JSON.stringify({path: process.execPath, version: process.versions.node, identity: [process.arch, process.versions.modules, process.version]})";

/** As `<name>   <path>`, or `<path> -> <target>`. */
const UV_LIST = ["python", "list", "--only-installed", "--offline"];

function pathsIn(listed: string | undefined): readonly string[] {
  return (listed ?? "").split("\n").flatMap((line) => /\s(\/\S+)/.exec(line)?.[1] ?? []);
}

function pythonOf(said: string | undefined): Interpreter | undefined {
  const about = parsed(said);
  if (about === undefined) return undefined;
  return { ...about, shown: `Python ${about.version}` };
}

function nodejsOf(said: string | undefined): Interpreter | undefined {
  const about = parsed(said);
  if (about === undefined) return undefined;
  return { ...about, shown: `v${about.version}`, makesVenvs: true };
}

function parsed(said: string | undefined): Omit<Interpreter, "shown"> | undefined {
  try {
    const { path, version, identity, venv }: Readonly<Record<string, unknown>> = JSON.parse(said ?? "{}");
    if (typeof path !== "string" || typeof version !== "string") return undefined;
    return { path, version, identity: JSON.stringify([path, version, identity]), makesVenvs: venv === true };
  } catch {
    return undefined; // it says something else
  }
}

/** `python3` is the machine's own choice; then the newest. */
function byMinor(a: string, b: string): number {
  const minor = (name: string) => Number(/^python3\.(\d+)$/.exec(basename(name))?.[1] ?? Number.POSITIVE_INFINITY);
  return a === b ? 0 : minor(b) - minor(a);
}
