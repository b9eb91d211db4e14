import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempDisposableSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A directory of its own, removed at the end of the scope. */
export function scratch(): Disposable & { readonly path: string } {
  const made = mkdtempDisposableSync(join(tmpdir(), "packsync-test-"));
  return { path: realpathSync(made.path), [Symbol.dispose]: () => made.remove() };
}

/** What stands at a path: text, bytes, `link("target")`, an executable text, or an empty directory. */
export type Content = string | Uint8Array | { readonly link: string } | { readonly script: string } | "directory/";

export type TreeOf<T> = Readonly<Record<string, T>>;

/** Writes files, and the directories above them. */
export function writeTree(root: string, tree: TreeOf<Content>): void {
  mkdirSync(root, { recursive: true });
  for (const [path, content] of Object.entries(tree)) {
    const target = join(root, path);
    mkdirSync(content === "directory/" ? target : dirname(target), { recursive: true });
    if (content === "directory/") continue;
    if (typeof content === "string" || content instanceof Uint8Array) writeFileSync(target, content);
    else if ("link" in content) symlinkSync(content.link, target);
    else {
      writeFileSync(target, content.script);
      chmodSync(target, 0o755);
    }
  }
}

/** The same tree again: text of files, `→ target` of links, `directory/` for empty directories. Sorted. */
export function readTree(root: string): Record<string, string> {
  const found = new Map<string, string>();
  const visit = (relative: string): void => {
    const names = readdirSync(join(root, relative)).sort();
    if (names.length === 0 && relative !== "") found.set(relative, "directory/");
    for (const name of names) {
      const path = relative === "" ? name : `${relative}/${name}`;
      const stats = lstatSync(join(root, path));
      if (stats.isDirectory()) visit(path);
      else
        found.set(
          path,
          stats.isSymbolicLink() ? `→ ${readlinkSync(join(root, path))}` : readFileSync(join(root, path), "utf8"),
        );
    }
  };
  visit("");
  return Object.fromEntries(found);
}
