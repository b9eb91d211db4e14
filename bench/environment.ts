import { execFileSync } from "node:child_process";
import { cpus, loadavg, release, totalmem } from "node:os";

/** Where a bench ran, line by line; `filesystem` and `node` describe what it chose. */
export function describeEnvironment(filesystem: string, node: string): readonly string[] {
  const cores = cpus();
  const memoryGb = (totalmem() / 1e9).toFixed(0);
  return [
    `file system: ${filesystem}`,
    `machine: ${cores.length} cores (${cores[0]?.model.trim() ?? "unknown"}), ${memoryGb} GB, kernel ${release()}`,
    `load when it started: ${loadavg()
      .map((load) => load.toFixed(2))
      .join(" ")}`,
    `programs: node ${firstLine(node, "--version")}, ${firstLine("rsync", "--version")}, ${firstLine("cp", "--version")}`,
  ];
}

/** Throws if the program is missing: before anything was measured. */
function firstLine(program: string, argument: string): string {
  const text = execFileSync(program, [argument], { encoding: "utf8" });
  return text.split("\n")[0]?.replaceAll(/\s+/g, " ").trim() ?? "";
}
