import { join } from "node:path";
import type { Owner } from "../../platform/ownership.ts";
import { sha256 } from "../../platform/sha256.ts";
import { copyInto } from "./copy.ts";
import { distributionsIn } from "./count.ts";
import type { Interpreter } from "./interpreters.ts";
import { runProgram } from "./program.ts";
import type { Recipe } from "./recipe.ts";
import { type NeededFile, REQUIREMENTS } from "./requirements.ts";
import { OWN } from "./shelf.ts";

export interface PythonNeeds {
  /** The pack's directory, real. */
  readonly root: string;
  readonly requirements: readonly NeededFile[];
  readonly interpreter: Interpreter;
  readonly uv: string | undefined;
  readonly owner: Owner | undefined;
}

/** A virtual environment, and in it what `requirements.txt` asks for. Local paths in it are relative to the pack, as for pip. */
export function pythonRecipe({ root, requirements, interpreter, uv, owner }: PythonNeeds): Recipe {
  const digests = requirements.map(({ path, content }) => [path, sha256(content)]);
  return {
    runtime: "python",
    identity: [interpreter.identity, uv === undefined ? "pip" : "uv", digests],
    runtimeVersion: interpreter.shown,
    notes: [],
    async build(directory, running, abort) {
      const copies = join(directory, OWN, "requirements");
      copyInto(copies, requirements, owner);
      const run = (file: string, args: readonly string[]) => runProgram({ file, args, cwd: root }, running, abort);
      // Isolated: what the pack has beside its requirements is not Python's own library.
      if (uv === undefined || interpreter.makesVenvs) await run(interpreter.path, ["-I", "-m", "venv", directory]);
      else await run(uv, ["venv", "--no-project", "--allow-existing", "--python", interpreter.path, directory]);
      const seed = distributionsIn(directory);
      const python = join(directory, "bin/python");
      const wanted = ["-r", join(copies, REQUIREMENTS)];
      if (uv === undefined) await installByPip(python, wanted, run);
      else await run(uv, ["pip", "install", "--python", python, ...wanted]);
      const brought = [...distributionsIn(directory)].filter((name) => !seed.has(name));
      return { packageCount: brought.length, runtimeVersion: interpreter.shown };
    },
  };
}

type Run = (file: string, args: readonly string[]) => Promise<string>;

async function installByPip(python: string, wanted: readonly string[], run: Run): Promise<void> {
  const pip = ["-I", "-m", "pip", "install", "--disable-pip-version-check", "--no-input"];
  await run(python, [...pip, ...wanted]);
}
