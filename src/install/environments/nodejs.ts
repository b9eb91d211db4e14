import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { lstatIfAny } from "../../platform/absence.ts";
import { adopt, type Owner } from "../../platform/ownership.ts";
import { sha256 } from "../../platform/sha256.ts";
import { copyInto, copyTrees } from "./copy.ts";
import { countPackages } from "./count.ts";
import { environmentFailed } from "./failure.ts";
import type { Interpreter } from "./interpreters.ts";
import { programsOnPath } from "./on-path.ts";
import type { PackageFiles } from "./package-files.ts";
import { runProgram } from "./program.ts";
import type { Recipe } from "./recipe.ts";

export interface NodejsNeeds {
  /** The pack's directory, real. */
  readonly root: string;
  readonly packages: PackageFiles;
  readonly interpreter: Interpreter;
  readonly owner: Owner | undefined;
}

/** On the command line: whatever `.npmrc` says, what is installed is installed here. */
const FLAGS = ["--omit=dev", "--no-audit", "--no-fund", "--no-update-notifier", "--no-progress", "--no-global"];

/** `package.json` beside the `node_modules` that npm makes of it: as locked where there is a lock file. */
export function nodejsRecipe({ root, packages, interpreter, owner }: NodejsNeeds): Recipe {
  const { files, local, isLocked, unread } = packages;
  const command = isLocked ? "ci" : "install";
  const digests = files.map(({ path, content }) => [path, sha256(content)]);
  return {
    runtime: "nodejs",
    identity: [interpreter.identity, `npm ${command}`, digests, local],
    runtimeVersion: interpreter.shown,
    notes: unread.map((name) => `${name} is not read: npm installs what package.json asks for`),
    async build(directory, running, abort) {
      copyInto(directory, files, owner);
      copyTrees(
        root,
        directory,
        local.map(({ path }) => path),
        owner,
      );
      const path = `${dirname(interpreter.path)}:${running.env["PATH"]}`; // npm runs by this one
      const call = { file: npmIn(path), args: [command, ...FLAGS], cwd: directory };
      await runProgram(call, { ...running, env: { ...running.env, PATH: path } }, abort);
      const modules = join(directory, "node_modules");
      if (lstatIfAny(modules) === undefined) {
        mkdirSync(modules);
        adopt(modules, owner);
      }
      return { packageCount: countPackages(modules), runtimeVersion: interpreter.shown };
    },
  };
}

function npmIn(path: string): string {
  const [npm] = programsOnPath(path, /^npm$/);
  if (npm !== undefined) return npm;
  const hint = "Install it; of packsync's images `packsync-install` has it.";
  throw environmentFailed("npm not available in system", hint);
}
