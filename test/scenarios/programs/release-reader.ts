// Reads packs for ever, each through one handle of its directory: node release-reader.ts <volume> <ref>…
import { setPriority } from "node:os";
import { setImmediate } from "node:timers/promises";
import { createHistory, readThroughHandle } from "./churned.ts";
import { serve } from "./serve.ts";

export interface ReleasesSeen {
  readonly reads: number;
  readonly violations: readonly string[];
}

setPriority(10); // two cores have to do: the daemon comes first

const [volume = "", ...refs] = process.argv.slice(2);
const history = createHistory(volume);
const violations: string[] = [];
let reads = 0;
let isStopped = false;

serve((question: "start" | "stop"): ReleasesSeen => {
  isStopped = question === "stop";
  if (question === "start") void readOn();
  return { reads, violations: violations.slice(0, 20) };
});

async function readOn(): Promise<void> {
  while (!isStopped) {
    for (const ref of refs) readOnce(ref);
    await setImmediate();
  }
}

function readOnce(ref: string): void {
  try {
    const files = readThroughHandle(`${volume}/${ref}`);
    if (files === undefined) return; // it was taken away
    reads++;
    if (!history.has(ref, files)) violations.push(`${ref}: no release has exactly ${JSON.stringify(files)}`);
  } catch (error) {
    violations.push(`${ref}: ${error}`); // what is opened once does not lose a file
  }
}
