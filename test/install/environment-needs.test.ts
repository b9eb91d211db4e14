import { expect, test } from "vitest";
import { childEnvironment } from "../../src/install/environments/child-environment.ts";
import { countPackages } from "../../src/install/environments/count.ts";
import { readPackageFiles } from "../../src/install/environments/package-files.ts";
import { includesOf, readRequirements } from "../../src/install/environments/requirements.ts";
import { fitOf, wantedVersion } from "../../src/install/environments/wanted.ts";
import { type Content, scratch, writeTree } from "../support/trees.ts";

test.for([
  ["3.11", "3.11.4", "first"],
  ["3.11", "3.13.0", "good"],
  ["3.11", "3.9.18", "bad"],
  ["20", "20.11.0", "first"],
  ["20", "26.10.0", "good"],
  ["20", "18.0.0", "bad"],
  ["3.11.4", "3.11.3", "bad"],
  [">=3.9", "3.9.0", "first"],
  [">=3.9,<3.12", "3.11.9", "first"],
  [">=3.9, <3.12", "3.12.0", "bad"],
  ["==3.11.*", "3.11.9", "first"],
  ["==3.11.*", "3.12.0", "bad"],
  ["~=3.9", "3.13.0", "first"],
  ["~=3.9", "4.0.0", "bad"],
  ["~=3.9.1", "3.9.9", "first"],
  ["~=3.9.1", "3.10.0", "bad"],
  ["^20", "22.0.0", "bad"],
  ["3.x || 2.x", "3.7.1", "first"],
  ["*", "3.7.1", "first"],
] as const)("of a pack that wants %s, version %s is %s", ([wanted, version, fit]) => {
  const parsed = wantedVersion(wanted);
  expect(parsed).toBeDefined();
  expect(parsed && fitOf(version, parsed)).toBe(fit);
});

test.for(["three", ">=", "3.9 or so", "$(id)"])("%s is no version", (text) => {
  expect(wantedVersion(text)).toBeUndefined();
});

test.for([
  ["-r base.txt", ["base.txt"]],
  ["-rbase.txt", ["base.txt"]],
  ["--requirement=base.txt", ["base.txt"]],
  ["--requirement base.txt", ["base.txt"]],
  ["  -c  limits.txt  # why", ["limits.txt"]],
  ["--constraint \\\n limits.txt", ["limits.txt"]],
  ['-r "with blank.txt"', ["with blank.txt"]],
  ["-c https://example.org/limits.txt", []],
  ["# -r base.txt", []],
  ["requests>=2 # -r base.txt", []],
  ["-e ./lib", []],
  ["a\r\n-r b.txt\r\n", ["b.txt"]],
] as const)("%j includes %j", ([text, includes]) => {
  expect(includesOf(text)).toEqual(includes);
});

test("requirements are all files that are included, each once, also in a circle", () => {
  using at = scratch();
  writeTree(at.path, {
    "requirements.txt": "-r more/a.txt\n-c limits.txt\nx\n",
    "more/a.txt": "-r b.txt\n-r ../requirements.txt\n",
    "more/b.txt": "y\n",
    "limits.txt": "x<2\n",
    "other.txt": "z\n",
  });
  expect(readRequirements(at.path).map(({ path }) => path)).toEqual([
    "requirements.txt",
    "more/a.txt",
    "more/b.txt",
    "limits.txt",
  ]);
});

test.for<[string, Record<string, Content>]>([
  ["an absolute path", { "requirements.txt": "-r /etc/hostname\n" }],
  ["a path above", { "requirements.txt": "-r ../outside.txt\n" }],
  ["a constraint above", { "requirements.txt": "-c more/../../outside.txt\n", "more/x": "" }],
  ["a link", { "requirements.txt": "-r base.txt\n", "base.txt": { link: "../outside.txt" } }],
  ["the file itself as a link", { "requirements.txt": { link: "../outside.txt" } }],
  ["a link in between", { "requirements.txt": "-r up/outside.txt\n", up: { link: ".." } }],
  ["what is not there", { "requirements.txt": "-r none.txt\n" }],
])("requirements cannot lead out of the pack by %s", ([, tree]) => {
  using at = scratch();
  writeTree(at.path, { "outside.txt": "secret\n" });
  writeTree(`${at.path}/pack`, tree);
  expect(() => readRequirements(`${at.path}/pack`)).toThrow(/Expected `.*` to be in the pack, got/);
});

test.for(["file:../other", "../other", "file:/etc", "/etc/hostname", "file:.", "file:link", "link:../other", "~/x"])(
  "packages cannot come from outside of the pack by %s",
  (spec) => {
    using at = scratch();
    writeTree(at.path, { "other/package.json": "{}", "pack/link": { link: "../other" } });
    writeTree(`${at.path}/pack`, { "package.json": JSON.stringify({ dependencies: { other: spec } }) });
    expect(() => readPackageFiles(`${at.path}/pack`)).toThrow(
      /Expected `.*` to be (in the pack|a package in the pack)/,
    );
  },
);

test("a package.json without packages is no need, and one that is none is said", () => {
  using at = scratch();
  writeTree(at.path, {
    "a/package.json": '{"type": "module", "scripts": {"test": "x"}, "devDependencies": {"x": "1"}}',
    "b/package.json": '{"dependencies": {"x": "1"}, "scripts": {"postinstall": "x"}}',
    "b/yarn.lock": "",
    "c/package.json": "[]",
    "d/package.json": "{",
  });
  expect(readPackageFiles(`${at.path}/a`)).toBeUndefined();
  const { files, unread, isLocked } = readPackageFiles(`${at.path}/b`) ?? {};
  expect(JSON.parse(String(files?.[0]?.content))).toEqual({ dependencies: { x: "1" } });
  expect({ unread, isLocked }).toEqual({ unread: ["yarn.lock"], isLocked: false });
  for (const bad of ["c", "d"]) expect(() => readPackageFiles(`${at.path}/${bad}`)).toThrow(/to be a JSON object/);
});

test("packages are counted with scopes and with those that packages have for themselves, links once", () => {
  using at = scratch();
  writeTree(at.path, {
    "a/package.json": "{}",
    "a/node_modules/b/package.json": "{}",
    "@scope/c/package.json": "{}",
    "@scope/d/package.json": "{}",
    "e/readme": "",
    ".bin/a": "",
    ".package-lock.json": "{}",
    f: { link: "a" },
  });
  expect(countPackages(at.path)).toBe(5);
  expect(countPackages(`${at.path}/none`)).toBe(0);
});

test("programs of packages know the settings of pip, uv and npm, and nothing of packsync's", () => {
  const passed = childEnvironment(
    {
      ...{
        PATH: "/bin",
        HTTPS_PROXY: "http://proxy",
        PIP_NO_INDEX: "1",
        npm_config_registry: "http://r",
        UV_OFFLINE: "1",
      },
      ...{ PACKSYNC_API_TOKEN: "secret", DB_PASSWORD: "secret", NODE_OPTIONS: "-r x", PYTHONPATH: "/x", HOME: "/root" },
      ...{
        PIP_TARGET: "/x",
        npm_config_prefix: "/x",
        NPM_CONFIG_GLOBAL: "true",
        npm_config_cache: "/x",
        LD_PRELOAD: "x",
      },
    },
    "/home",
  );
  expect(passed).toEqual({
    ...{
      PATH: "/bin",
      HTTPS_PROXY: "http://proxy",
      PIP_NO_INDEX: "1",
      npm_config_registry: "http://r",
      UV_OFFLINE: "1",
    },
    ...{
      HOME: "/home",
      XDG_CACHE_HOME: "/home/cache",
      PIP_CACHE_DIR: "/home/cache/pip",
      UV_CACHE_DIR: "/home/cache/uv",
    },
    ...{ NPM_CONFIG_CACHE: "/home/cache/npm", LC_ALL: "C.UTF-8", NO_COLOR: "1", PIP_PROGRESS_BAR: "off" },
  });
});
