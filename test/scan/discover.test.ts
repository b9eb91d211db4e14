import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { discover } from "../../src/scan/discover.ts";
import { type Content, scratch, type TreeOf, writeTree } from "../support/trees.ts";

function look(tree: TreeOf<Content>, kind: "production" | "development" = "production", known: readonly string[] = []) {
  using directory = scratch();
  writeTree(directory.path, tree);
  return discover({ name: "packs", path: directory.path, kind }, new Map(known.map((name) => [name, {} as never])));
}

test.for<{ title: string; tree: TreeOf<Content>; production: readonly string[]; development?: readonly string[] }>([
  {
    title: "directories with a pack.yaml, sorted",
    tree: { "b/pack.yaml": "", "a/pack.yaml": "" },
    production: ["a", "b"],
  },
  { title: "none nested", tree: { "group/a/pack.yaml": "" }, production: [] },
  {
    title: "none that are hidden, or litter",
    tree: { ".git/pack.yaml": "", ".x/pack.yaml": "", "node_modules/pack.yaml": "", "a~/pack.yaml": "" },
    production: [],
  },
  { title: "no files", tree: { "core.yaml": "", "README.md": "" }, production: [] },
  {
    title: "without pack.yaml in development, with a definition",
    tree: { "a/actions/x.yaml": "" },
    production: [],
    development: ["a"],
  },
  {
    title: "not without a definition",
    tree: { "a/actions/x.sh": "", "b/actions/deep/x.yaml": "", "c/README.md": "", "d/actions/.#x.yaml": "" },
    production: [],
  },
])("finds $title", ({ tree, production, development = production }) => {
  expect(look(tree).packs).toEqual(production);
  expect(look(tree, "development").packs).toEqual(development);
});

test.for(["pack.yaml", "nowhere"])(
  "finds a pack whose pack.yaml is a symlink to %s: the scan says why that is none",
  (link) => {
    expect(look({ "a/pack.yaml": { link } }).packs).toEqual(["a"]);
  },
);

test("finds packs by names of JavaScript's own", () => {
  const tree = Object.fromEntries(["__proto__", "constructor"].map((name) => [`${name}/pack.yaml`, ""]));
  expect(look(tree).packs).toEqual(["__proto__", "constructor"]);
});

test("says that the name of a pack is not UTF-8, and nothing of what is no pack", () => {
  using directory = scratch();
  writeTree(directory.path, { "good/pack.yaml": "" });
  const named = (name: string) => Buffer.concat([Buffer.from(`${directory.path}/${name}`), Buffer.of(0xe4)]);
  for (const name of ["pack", "other"]) mkdirSync(named(name));
  writeFileSync(Buffer.concat([named("pack"), Buffer.from("/pack.yaml")]), "");
  writeFileSync(named("file"), "");
  const { packs, diagnostics } = discover({ name: "packs", path: directory.path, kind: "production" }, new Map());
  expect(packs).toEqual(["good"]);
  expect(diagnostics).toMatchObject([{ severity: "error", code: "source.undecodable_name", file: "pack\\xe4" }]);
});

test("finds again what it knew as a pack, also without its pack.yaml", () => {
  expect(look({ "a/README.md": "", b: "" }, "production", ["a", "b", "c"]).packs).toEqual(["a"]);
});

test.for<{ tree: TreeOf<Content>; isEmpty: boolean }>([
  { tree: {}, isEmpty: true },
  { tree: { "lost+found": "directory/" }, isEmpty: true },
  { tree: { ".gitkeep": "" }, isEmpty: true },
  { tree: { "README.md": "" }, isEmpty: false },
])("knows an empty source: $tree is $isEmpty", ({ tree, isEmpty }) => {
  expect(look(tree)).toMatchObject({ state: "listed", isEmpty });
});

test("tells a source that is absent from one that cannot be listed", () => {
  using directory = scratch();
  writeFileSync(`${directory.path}/file`, "");
  const at = (path: string) =>
    discover({ name: "packs", path: `${directory.path}/${path}`, kind: "production" }, new Map());
  expect(at("none")).toMatchObject({ state: "absent", packs: [] });
  expect(at("file")).toMatchObject({ state: "unreadable", packs: [] });
});

test("says that a symlink is no pack, if it leads to one", () => {
  using directory = scratch();
  writeTree(directory.path, { "elsewhere/pack.yaml": "", "packs/a/pack.yaml": "" });
  symlinkSync("../elsewhere", `${directory.path}/packs/linked`);
  symlinkSync("nowhere", `${directory.path}/packs/broken`);
  const { packs, diagnostics } = discover(
    { name: "packs", path: `${directory.path}/packs`, kind: "production" },
    new Map(),
  );
  expect(packs).toEqual(["a"]);
  expect(diagnostics).toMatchObject([{ severity: "warning", code: "source.linked_pack", file: "linked" }]);
});
