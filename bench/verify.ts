import { hash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

/** What packsync keeps for itself at a volume's root. */
const OWN_DIRECTORY = ".packsync";

/** Throws unless both directories hold the same files with the same digests and executable bits; ignores `.packsync`. */
export function expectSameTree(source: string, copy: string): void {
  const wanted = filesBelow(source);
  const found = filesBelow(copy);
  for (;;) {
    const [left, right] = [wanted.next(), found.next()];
    if (left.done === true && right.done === true) return;
    if (left.value !== right.value)
      throw differs(`\`${left.value ?? "no more files"}\``, `\`${right.value ?? "none"}\``, copy);
    if (left.done === true || right.done === true) return;
    const [before, after] = [fingerprint(join(source, left.value)), fingerprint(join(copy, right.value))];
    if (before !== after) throw differs(`\`${left.value}\` as ${before}`, after, copy);
  }
}

/** Throws unless that many files are there: what every timed copy is held to, as digests of each would take too long. */
export function expectFileCount(directory: string, count: number): void {
  const found = Iterator.from(filesBelow(directory)).reduce((sum) => sum + 1, 0);
  if (found !== count) throw differs(`${count} files`, `${found}`, directory);
}

/** Relative paths of everything that is not a directory, sorted, so that two trees can be walked side by side. */
function* filesBelow(root: string, below = ""): Generator<string, undefined> {
  const entries = readdirSync(join(root, below), { withFileTypes: true });
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    if (below === "" && entry.name === OWN_DIRECTORY) continue;
    const path = join(below, entry.name);
    if (entry.isDirectory()) yield* filesBelow(root, path);
    else yield path;
  }
}

function fingerprint(path: string): string {
  const stats = lstatSync(path);
  if (stats.isSymbolicLink()) return `link to ${readlinkSync(path)}`;
  const isExecutable = (stats.mode & 0o111) !== 0;
  return `${isExecutable ? "executable" : "plain"} sha256:${hash("sha256", readFileSync(path))}`;
}

function differs(expected: string, found: string, copy: string): Error {
  return new Error(`Expected ${expected}, got ${found} in ${copy}: the run did not do what it is timed for`);
}
