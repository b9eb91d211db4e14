import { execFileSync } from "node:child_process";
import { globSync, utimesSync, writeFileSync } from "node:fs";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { scratch } from "../support/trees.ts";

const LAUNCHER = new URL("../../scripts/launcher.ts", import.meta.url).pathname;
const BEFORE = new Date("2026-01-01T00:00:00Z");

/** A program of one line, started as the bundle's is. */
async function launched() {
  const directory = scratch();
  const at = directory.path;
  await build({
    entryPoints: [LAUNCHER],
    outfile: `${at}/start.js`,
    bundle: true,
    platform: "node",
    format: "cjs",
  });
  writeFileSync(`${at}/package.json`, '{ "type": "commonjs" }');
  return {
    write(word: string, time = BEFORE) {
      writeFileSync(`${at}/main.js`, `const say = () => process.stdout.write("${word}"); say();`);
      utimesSync(`${at}/main.js`, time, time);
    },
    run: (env: NodeJS.ProcessEnv = {}, ...flags: readonly string[]) =>
      execFileSync(process.execPath, [...flags, `${at}/start.js`], { env, encoding: "utf8" }),
    kept: () => globSync(`${at}/main-*.compiled*`),
    [Symbol.dispose]: () => directory[Symbol.dispose](),
  };
}

const KEEP = { KEEP_COMPILED: "1" };

test("runs what V8 compiled before, with its functions", async () => {
  using own = await launched();
  own.write("one");
  expect([own.run(), own.kept()]).toEqual(["one", []]);
  expect(own.run(KEEP)).toBe("one");
  expect(own.kept()).toHaveLength(1);
  own.write("two");
  expect(own.run()).toBe("one"); // nobody changes a bundle and not its time
});

test("runs the program as it is, when it was changed since", async () => {
  using own = await launched();
  own.write("one");
  own.run(KEEP);
  own.write("two", new Date(Date.now() + 1000));
  expect(own.run()).toBe("two");
});

test.for([
  { title: "is damaged", damage: (kept: string) => writeFileSync(kept, "not what V8 wrote"), flags: [] },
  { title: "was compiled with other flags", damage: () => {}, flags: ["--semi-space-growth-factor=3"] },
])("compiles the program itself, when what was kept $title", async ({ damage, flags }) => {
  using own = await launched();
  own.write("one");
  own.run(KEEP);
  for (const kept of own.kept()) damage(kept);
  own.write("two");
  expect(own.run({}, ...flags)).toBe("two");
});
