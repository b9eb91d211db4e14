import { shown } from "../check-shape.ts";
import type { Finding } from "../finding.ts";

/**
 * A file's path that a definition in `directory` gives, relative to there. The platform's newer versions refuse what leads
 * out of the directory; out of the pack there is nothing that a release could bring along.
 */
export function checkProgramPath(
  given: unknown,
  key: string,
  directory: "actions" | "sensors",
  code: "action.entrypoint" | "action.workflow_path" | "sensor.entrypoint",
): readonly Finding[] {
  if (typeof given !== "string") return [];
  const depth = lowestDepth(given);
  if (depth >= 1) return [];
  return [
    {
      severity: depth < 0 ? "error" : "warning",
      code,
      message: `Expected \`${key}\` to be a path in \`${directory}/\`, got ${shown(given)}`,
      hint: `Put the file into \`${directory}/\` and write its path from there.`,
      path: [key],
      at: "value",
    },
  ];
}

/** The highest directory that a path passes through: 1 the component's, 0 the pack's, below 0 outside. */
function lowestDepth(path: string): number {
  if (path.startsWith("/")) return -1;
  let depth = 1;
  let lowest = depth;
  for (const part of path.split("/")) {
    if (part === "..") depth--;
    else if (part !== "" && part !== ".") depth++;
    lowest = Math.min(lowest, depth);
  }
  return lowest;
}
