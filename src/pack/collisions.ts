import type { Diagnostic } from "./diagnostics.ts";

/**
 * Names that are one name elsewhere: macOS and Windows checkouts fold case, macOS also Unicode forms, so a pack with
 * both `Run.sh` and `run.sh` cannot be worked on there, and loses one of them without a word.
 */
export function findCollisions(paths: Iterable<string>): Diagnostic[] {
  const seen = new Map<string, string>();
  const findings: Diagnostic[] = [];
  for (const path of paths) {
    const folded = path.normalize("NFC").toLowerCase();
    const other = seen.get(folded);
    if (other === undefined) seen.set(folded, path);
    else findings.push(collision(path, other));
  }
  return findings;
}

function collision(path: string, other: string): Diagnostic {
  const difference = path.toLowerCase() === other.toLowerCase() ? "case" : "Unicode form";
  return {
    severity: "error",
    code: "source.name_collision",
    message: `\`${path}\` and \`${other}\` differ only by ${difference}`,
    file: path,
    hint: "Rename one of them: they are one file on macOS and Windows.",
  };
}
