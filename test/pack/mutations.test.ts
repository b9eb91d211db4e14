import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Diagnostic } from "../../src/pack/diagnostics.ts";
import { attuneMutations, type Mutation, stackstormMutations } from "../support/mutations.ts";
import { packAt, scan } from "../support/scanner.ts";
import { attunePack, stackstormPack } from "../support/sound-packs.ts";
import { type Content, scratch, type TreeOf, writeTree } from "../support/trees.ts";
import { desk, textOf, withText } from "../support/validated.ts";

describe.for([
  { dialect: "attune", pack: attunePack, mutations: attuneMutations },
  { dialect: "stackstorm", pack: stackstormPack, mutations: stackstormMutations },
])("a pack of $dialect", ({ pack, mutations }) => {
  const own = desk();
  afterAll(() => own[Symbol.dispose]());
  let found: readonly (readonly Diagnostic[])[] = [];
  beforeAll(async () => {
    found = await own.validated(mutations.map((mutation) => broken(pack, mutation)));
  });

  test.for(mutations.map((mutation, index) => [...mutation, index] as const))(
    "%s, in %s",
    ([, file, , , expected, index]) => {
      const diagnostics = found[index] ?? [];
      const briefly = diagnostics.map((each) => brief(each, file));
      expect(briefly.sort(), JSON.stringify(diagnostics, null, 2)).toEqual([...expected].sort());
    },
  );

  test("is whole again each time when that is undone, for whoever remembers how it was", async () => {
    using directory = scratch();
    const root = `${directory.path}/demo`;
    writeTree(root, pack);
    let before = await scan(packAt(root));
    for (const mutation of mutations) {
      const [title, file] = mutation;
      rmSync(`${root}/${file}`, { force: true });
      writeTree(root, only(broken(pack, mutation), file));
      const [remembering, anew] = [await scan(packAt(root), before), await scan(packAt(root))];
      expect(new Set(remembering.diagnostics), title).toEqual(new Set(anew.diagnostics));
      rmSync(`${root}/${file}`, { force: true });
      writeTree(root, only(pack, file));
      before = await scan(packAt(root), remembering);
      expect(before.diagnostics, `${title}, undone`).toEqual([]);
    }
  });
});

function only(pack: TreeOf<Content>, file: string): TreeOf<Content> {
  return Object.fromEntries(Object.entries(pack).filter(([path]) => path === file));
}

function broken(pack: TreeOf<Content>, [, file, from, to]: Mutation): TreeOf<Content> {
  if (to === undefined) return Object.fromEntries(Object.entries(pack).filter(([path]) => path !== file));
  if (from === undefined) return { ...pack, [file]: to };
  const pieces = textOf(pack, file).split(from);
  expect(pieces, `${from}, once in ${file}`).toHaveLength(2);
  return withText(pack, file, pieces.join(to));
}

function brief({ severity, code, file, line }: Diagnostic, broken: string): string {
  const place = file === undefined || file === broken ? line : `${file}:${line}`;
  return [severity, code, ...(place === undefined ? [] : [place])].join(" ");
}
