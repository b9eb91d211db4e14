import { mkdirSync, symlinkSync } from "node:fs";
import { dirname } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { openRoots } from "../../src/server/roots.ts";
import { story } from "../scenarios/support/story.ts";

function setUp() {
  const it = story();
  for (const name of ["root/sub", "outside/secret", "temporary", "volume/.packsync/x"])
    mkdirSync(it.at(name), { recursive: true });
  const link = (from: string, to: string) => symlinkSync(to, it.at(from));
  link("root/out", it.at("outside"));
  link("root/in", it.at("root/sub"));
  link("root/nowhere", it.at("outside/new"));
  link("root/up", "..");
  link("linked-root", it.at("root"));
  link("stolen", it.at("outside"));
  link("volume/own", ".packsync");
  const roots = openRoots({
    directories: [it.at("linked-root"), it.at("volume"), it.at("later")],
    temporary: [it.at("temporary"), it.at("stolen")],
    closed: [it.at("volume/.packsync")],
  });
  return { it, roots };
}

test.for([
  ["root", "root"],
  ["root/sub", "root/sub"],
  ["root/new/deep/er", "root/new/deep/er"],
  ["root/in/x", "root/sub/x"],
  ["linked-root/sub", "root/sub"],
  ["root/sub/../sub", "root/sub"],
  ["root/up/root/sub", "root/sub"],
  ["volume", "volume"],
  ["volume/core", "volume/core"],
  ["later/x", "later/x"],
  ["temporary/x", "temporary/x"],
] as const)("%s leads to %s", ([path, real]) => {
  const { it, roots } = setUp();
  using _ = it;
  expect(roots.inside(it.at(path), "path")).toBe(it.at(real));
});

test.for([
  "outside",
  "outside/secret",
  "root/out",
  "root/out/secret",
  "root/out/new",
  "root/nowhere",
  "root/nowhere/x",
  "root/up",
  "root/up/outside",
  "root/../outside",
  "rootless",
  "stolen",
  "stolen/secret",
  "volume/.packsync",
  "volume/.packsync/x",
  "volume/own",
  "volume/own/x",
  "volume/.packsync/new",
  ".",
])("%s is refused", (path) => {
  const { it, roots } = setUp();
  using _ = it;
  expect(() => roots.inside(`${it.directory}/${path}`, "destination_dir")).toThrow(
    /^Expected `destination_dir` to be an absolute path below one of /,
  );
});

test.for(["", "root", "./root", "~/root", "/root/a\0b", "//", "/"])("%j is no path below a root", (path) => {
  const { it, roots } = setUp();
  using _ = it;
  expect(() => roots.inside(path, "path")).toThrow(/absolute path/);
});

test("whatever a path is made of, it leads below a root or is refused", () => {
  const { it, roots } = setUp();
  using _ = it;
  const steps = fc.array(
    fc.constantFrom(
      "root",
      "out",
      "in",
      "up",
      "..",
      ".",
      "",
      "nowhere",
      "outside",
      "secret",
      "volume",
      "own",
      ".packsync",
      "x",
    ),
    { maxLength: 8 },
  );
  const allowed = ["root", "volume", "later", "temporary"].map((name) => it.at(name));
  fc.assert(
    fc.property(steps, (parts) => {
      let real: string;
      try {
        real = roots.inside(`${it.directory}/${parts.join("/")}`, "path");
      } catch {
        return;
      }
      expect(allowed.some((root) => real === root || real.startsWith(`${root}/`))).toBe(true);
      expect(`${real}/`.startsWith(it.at("volume/.packsync/"))).toBe(false);
      mkdirSync(dirname(`${real}/x`), { recursive: true }); // and it can be made there
    }),
    { numRuns: 500 },
  );
});
