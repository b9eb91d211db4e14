import { PacksyncError } from "../../errors.ts";
import { programsOnPath } from "./on-path.ts";
import { type Running, runProgram } from "./program.ts";

/**
 * How a program ends with packsync, also when that is killed: prctl(2) PR_SET_PDEATHSIG, by setpriv of util-linux. Where that is not,
 * it ends when it writes its next line.
 */
export async function findLeash(running: Running, abort: AbortSignal): Promise<readonly string[]> {
  for (const setpriv of programsOnPath(running.env["PATH"], /^setpriv$/)) {
    const leash = [setpriv, "--pdeathsig", "KILL", "--"];
    try {
      await runProgram({ file: "true", args: [], cwd: "/" }, { ...running, leash }, abort);
      return leash;
    } catch (error) {
      if (abort.aborted || !(error instanceof PacksyncError)) throw error; // another setpriv, which cannot do that
    }
  }
  return [];
}
