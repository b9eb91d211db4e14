import { rmSync } from "node:fs";
import type { Diagnostic } from "../../src/pack/diagnostics.ts";
import { validate } from "../../src/validate.ts";
import { testConfig } from "./sync.ts";
import { type Content, scratch, type TreeOf, writeTree } from "./trees.ts";

type Tree = TreeOf<Content>;

/** A directory in which packs `demo` are written, each in a source of its own, and validated as `packsync validate` does. */
export interface Desk extends Disposable {
  /** What is found in each; what was written before goes. */
  validated(packs: readonly Tree[]): Promise<readonly (readonly Diagnostic[])[]>;
}

export function desk(): Desk {
  const directory = scratch();
  const config = testConfig(directory.path);
  const limits = { ...config.limits, maxFileSize: 1e8, maxPackSize: 1e8, maxDefinitionSize: 1e8 };
  return {
    async validated(packs) {
      const paths = packs.map((_, index) => `${directory.path}/${index}/demo`);
      for (const [index, path] of paths.entries()) {
        rmSync(path, { recursive: true, force: true });
        writeTree(path, packs[index] ?? {});
      }
      const request = { paths, cwd: directory.path, dialect: undefined, strict: false, fix: false };
      const found = await validate({ ...config, limits }, request);
      return found.packs.map(({ diagnostics }) => diagnostics);
    },
    [Symbol.dispose]: () => directory[Symbol.dispose](),
  };
}

/** The text of a file; of a script, too. */
export function textOf(files: Tree, path: string): string {
  const content = files[path];
  if (typeof content === "string") return content;
  if (content !== undefined && typeof content === "object" && "script" in content) return content.script;
  throw new Error(`Expected a text at ${path}`);
}

/** The same pack with another text in one file; its mode stays. */
export function withText(files: Tree, path: string, text: string): Tree {
  return { ...files, [path]: typeof files[path] === "string" ? text : { script: text } };
}
