import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type ScanLimits, type SourceWalk, walkSource } from "../../src/scan/walk.ts";
import { type Content, scratch, type TreeOf, writeTree } from "../support/trees.ts";

const LIMITS: ScanLimits = { maxFiles: 1000, maxFileSize: 1000, maxPackSize: 10_000, maxDefinitionSize: 500 };

/** Walks a pack of its own; `prepare` does what a tree cannot say. */
function walk(
  tree: TreeOf<Content>,
  prepare: (root: string) => void = () => {},
  limits: Partial<ScanLimits> = {},
): SourceWalk {
  using directory = scratch();
  const root = `${directory.path}/pack`;
  writeTree(root, tree);
  writeTree(`${directory.path}/outside`, { secret: "secret" });
  prepare(root);
  return walkSource(root, { ...LIMITS, ...limits }, Date.now());
}

function pathsOf({ files }: SourceWalk): string[] {
  return files.map(({ path }) => path);
}

test("lists files and directories, parents before children, sorted", () => {
  const { files, directories, diagnostics } = walk({
    "pack.yaml": "x",
    "b/c/d": "yy",
    "b/a": "",
    empty: "directory/",
    "a-b/x": "1",
  });
  expect(files.map(({ path, size }) => [path, size])).toEqual([
    ["a-b/x", 1],
    ["b/a", 0],
    ["b/c/d", 2],
    ["pack.yaml", 1],
  ]);
  expect(directories).toEqual(["a-b", "b", "b/c", "empty"]);
  expect(diagnostics).toEqual([]);
});

test("knows what is executable", () => {
  const { files } = walk({ script: { script: "#!/bin/sh" }, text: "" });
  expect(files.map(({ path, executable }) => [path, executable])).toEqual([
    ["script", true],
    ["text", false],
  ]);
});

test("leaves out litter, at any depth", () => {
  const tree = {
    a: "",
    "a~": "",
    ".git/config": "",
    "lib/__pycache__/x.pyc": "",
    "lib/node_modules/x": "",
    "lib/.venv/x": "",
    ".gitignore": "",
    ".hidden": "",
  };
  expect(pathsOf(walk(tree))).toEqual([".gitignore", ".hidden", "a"]);
});

test("knows names of JavaScript's own", () => {
  const names = ["__proto__", "constructor", "lib/__proto__", "toString"];
  const tree = Object.fromEntries(names.map((name) => [name, ""]));
  expect(pathsOf(walk(tree))).toEqual(names);
  expect(pathsOf(walk({ ...tree, ".packignore": "constructor\n" }))).toEqual(
    names.filter((name) => name !== "constructor"),
  );
  expect(pathsOf(walk({ ...tree, ".packignore": "__proto__\n" }))).toEqual(["constructor", "toString"]);
});

test("follows no symlink that took the pack's place", () => {
  using directory = scratch();
  writeTree(`${directory.path}/real`, { a: "" });
  symlinkSync("real", `${directory.path}/pack`);
  const { files, diagnostics } = walkSource(`${directory.path}/pack`, LIMITS, 0);
  expect(files).toEqual([]);
  expect(diagnostics).toMatchObject([{ severity: "error", code: "source.escaping_symlink", file: "." }]);
});

test("does not honour .gitignore: built binaries are in it", () => {
  expect(pathsOf(walk({ ".gitignore": "bin/\n", "bin/tool": "" }))).toEqual([".gitignore", "bin/tool"]);
});

describe(".packignore", () => {
  test.for([
    { title: "a name, anywhere", patterns: "b\n", left: ["a", "sub/a"] },
    { title: "a path from the root", patterns: "/b\n", left: ["a", "sub/a", "sub/b"] },
    { title: "a directory", patterns: "sub/\n", left: ["a", "b"] },
    { title: "a directory's pattern does not match a file", patterns: "a/\n", left: ["a", "b", "sub/a", "sub/b"] },
    { title: "wildcards", patterns: "s?b/*\n", left: ["a", "b"] },
    { title: "an exception", patterns: "b\n!sub/b\n", left: ["a", "sub/a", "sub/b"] },
    { title: "no exception inside an ignored directory", patterns: "sub/\n!sub/b\n", left: ["a", "b"] },
    { title: "comments and empty lines", patterns: "# a\n\n", left: ["a", "b", "sub/a", "sub/b"] },
    { title: "case matters", patterns: "A\n", left: ["a", "b", "sub/a", "sub/b"] },
  ])("$title", ({ patterns, left }) => {
    expect(pathsOf(walk({ ".packignore": patterns, a: "", b: "", "sub/a": "", "sub/b": "" }))).toEqual(left);
  });

  test("can name what would be refused", () => {
    const { diagnostics } = walk({ ".packignore": "*\n", big: "x".repeat(2000), broken: { link: "nowhere" } });
    expect(diagnostics).toEqual([]);
  });

  test.for<{ title: string; prepare: (path: string) => void; code: string }>([
    { title: "a FIFO", prepare: (path) => execFileSync("mkfifo", [path]), code: "source.unreadable" },
    { title: "a directory", prepare: (path) => mkdirSync(path), code: "source.unreadable" },
    { title: "too large", prepare: (path) => writeFileSync(path, "#".repeat(501)), code: "limits.definition_size" },
  ])("that is $title stops the pack", ({ prepare, code }) => {
    const { diagnostics } = walk({ a: "" }, (root) => prepare(`${root}/.packignore`));
    expect(diagnostics).toMatchObject([{ severity: "error", code, file: ".packignore", hint: expect.any(String) }]);
  });

  test("that cannot be read stops the pack", () => {
    const { diagnostics } = walk({ ".packignore": { link: "../outside/secret" }, a: "" });
    expect(diagnostics).toMatchObject([{ severity: "error", code: "source.unreadable", file: ".packignore" }]);
  });
});

describe("symlinks", () => {
  test("inside the pack become what they point at", () => {
    const { files, directories, diagnostics } = walk({
      "lib/a.py": "12",
      "b.py": { link: "lib/a.py" },
      lib2: { link: "lib" },
    });
    expect(files.map(({ path, size, real }) => [path, size, real.endsWith("/lib/a.py")])).toEqual([
      ["b.py", 2, true],
      ["lib/a.py", 2, true],
      ["lib2/a.py", 2, true],
    ]);
    expect(directories).toEqual(["lib", "lib2"]);
    expect(diagnostics).toEqual([]);
  });

  test.for([
    { title: "to a file outside", link: "../outside/secret", code: "source.escaping_symlink" },
    { title: "to a directory outside", link: "../outside", code: "source.escaping_symlink" },
    { title: "to a sibling whose name begins the same", link: "../pack-2", code: "source.escaping_symlink" },
    { title: "by an absolute path", link: "/etc/passwd", code: "source.escaping_symlink" },
    { title: "to nowhere", link: "nowhere", code: "source.broken_symlink" },
    { title: "to itself", link: "link", code: "source.broken_symlink" },
    { title: "to the pack", link: ".", code: "source.symlink_loop" },
    { title: "to a FIFO", link: "fifo", code: "source.special_file" },
  ])("$title: $code", ({ link, code }) => {
    const { files, diagnostics } = walk({ link: { link } }, (root) => {
      mkdirSync(`${root}-2`);
      if (link === "fifo") execFileSync("mkfifo", [`${root}/fifo`]);
    });
    expect(files).toEqual([]);
    expect(diagnostics).toContainEqual(expect.objectContaining({ severity: "error", code, file: "link" }));
  });

  test.for([
    { title: "to the directory above", tree: { "a/up": { link: ".." } } },
    { title: "to its own directory", tree: { "a/b/self": { link: "." } } },
    { title: "to each other's directories", tree: { "a/x": { link: "../b" }, "b/y": { link: "../a" } } },
  ])("that loop are refused: $title", ({ tree }) => {
    const { files, diagnostics } = walk(tree);
    expect(files).toEqual([]);
    expect([...new Set(diagnostics.map(({ code }) => code))]).toEqual(["source.symlink_loop"]);
  });

  test("cannot multiply directories beyond the limits", () => {
    const tree = Object.fromEntries(
      Array.from({ length: 11 }, (_, level) =>
        [0, 1].map((side) => [`d${level}/${side}`, { link: `../d${level + 1}` }]),
      ).flat(),
    );
    const { directories, diagnostics } = walk({ ...tree, d11: "directory/" }, undefined, { maxFiles: 100 });
    expect(diagnostics.map(({ code }) => code)).toContain("limits.files");
    expect(directories.length).toBeLessThan(1000);
  });
});

describe("refuses, and never opens,", () => {
  test("a FIFO", () => {
    const { files, diagnostics } = walk({}, (root) => execFileSync("mkfifo", [`${root}/fifo`]));
    expect(files).toEqual([]);
    expect(diagnostics).toMatchObject([{ severity: "error", code: "source.special_file", file: "fifo" }]);
  });

  test("a name that is not UTF-8, said so that it can be found", () => {
    const { files, diagnostics } = walk({ good: "" }, (root) =>
      writeFileSync(Buffer.concat([Buffer.from(`${root}/b`), Buffer.of(0xe4)]), ""),
    );
    expect(files.map(({ path }) => path)).toEqual(["good"]);
    expect(diagnostics).toMatchObject([{ severity: "error", code: "source.undecodable_name", file: "b\\xe4" }]);
  });

  test("a symlink to a name that is not UTF-8", () => {
    const { files, diagnostics } = walk({}, (root) => {
      writeFileSync(Buffer.concat([Buffer.from(`${root}/b`), Buffer.of(0xe4)]), "");
      symlinkSync(Buffer.of(0x62, 0xe4), `${root}/link`);
    });
    expect(files).toEqual([]);
    expect(diagnostics.map(({ file }) => file).sort()).toEqual(["b\\xe4", "link"]);
  });
});

describe("limits", () => {
  test.for([
    { title: "size of a file", tree: { a: "x".repeat(1001) }, limits: {}, code: "limits.file_size" },
    {
      title: "size of the pack",
      tree: { a: "x".repeat(600), b: "x".repeat(600) },
      limits: { maxPackSize: 1000 },
      code: "limits.pack_size",
    },
    {
      title: "size of a definition",
      tree: { "actions/a.yaml": "x".repeat(501) },
      limits: {},
      code: "limits.definition_size",
    },
    { title: "number of files", tree: { a: "", b: "", c: "" }, limits: { maxFiles: 2 }, code: "limits.files" },
    { title: "depth", tree: { [`${"d/".repeat(70)}x`]: "" }, limits: {}, code: "limits.depth" },
  ])("$title", ({ tree, limits, code }) => {
    const { diagnostics } = walk(tree, undefined, limits);
    expect(diagnostics).toMatchObject([{ severity: "error", code }]);
  });

  test("bound what is refused, too", () => {
    const tree = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`${index}`, { link: "nowhere" }]));
    const codes = walk(tree, undefined, { maxFiles: 10 }).diagnostics.map(({ code }) => code);
    expect(codes).toEqual([...Array.from({ length: 11 }, () => "source.broken_symlink"), "limits.files"]);
  });

  test("are inclusive", () => {
    const { diagnostics } = walk({ a: "x".repeat(1000), b: "" }, undefined, { maxFiles: 2, maxPackSize: 1000 });
    expect(diagnostics).toEqual([]);
  });
});

test.for(["ENOENT", "ENOTDIR"])("throws when the pack's own directory cannot be listed: %s", (code) => {
  using directory = scratch();
  writeTree(directory.path, { file: "" });
  expect(() => walkSource(`${directory.path}/${code === "ENOENT" ? "none" : "file"}`, LIMITS, 0)).toThrow(
    expect.objectContaining({ code }),
  );
});
