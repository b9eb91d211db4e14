import { readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { createEngine, type Engine } from "../programs/engine.ts";
import { action, manifest, script } from "./packs.ts";
import { makeTree, type Tree, walk } from "./tree.ts";

/** Packs by their refs. */
type Packs = Readonly<Record<string, Tree>>;

/** What is published: the older and the newer state of some packs, and what others keep in them. */
export interface Shape {
  readonly title: string;
  readonly old: Packs;
  readonly new: Packs;
  readonly foreign: Packs;
}

/** One thing that packsync does to a volume. */
export interface Operation {
  readonly title: string;
  /** Makes the volume and the sources in `root` what they are the moment before. */
  arrange(root: string): Promise<void>;
  readonly args: readonly string[];
  /** A system call that the kernel does not have. */
  readonly refused?: "renameat2";
  /** What the next run is, and whether it makes the volume what `args` would have, also if these had done nothing yet; `begun`: it may complete what they began. */
  readonly next: { readonly args: readonly string[]; readonly completes: boolean | "begun" };
  /** Does it once more, whatever came of it before. */
  readonly again?: readonly string[];
}

export const ONCE = ["--once", "--packs-dev", "none", "--format", "json"] as const;
const SYNC = { args: ONCE, next: { args: ONCE, completes: true } } as const;

export function operationNamed(title: string, shape: Shape): Operation {
  const found = operationsOn(shape).find((operation) => operation.title === title);
  if (found === undefined) throw new Error(`no operation is called \`${title}\``);
  return found;
}

/** Everything that a run can do to packs of this shape. */
export function operationsOn(shape: Shape): readonly Operation[] {
  const { foreign } = shape;
  return [
    { ...SYNC, title: "first publish", arrange: async (root) => writeSources(root, shape.old) },
    {
      ...SYNC,
      title: "update",
      arrange: async (root) => {
        await publish(root, shape);
        writeSources(root, shape.new);
      },
    },
    {
      ...SYNC,
      title: "update where there is no exchange",
      refused: "renameat2",
      arrange: async (root) => {
        await publish(root, shape);
        writeSources(root, shape.new);
      },
    },
    {
      ...SYNC,
      title: "removal of files",
      arrange: async (root) => {
        await publish(root, shape);
        writeSources(root, shape.old);
        for (const ref of Object.keys(shape.old)) rmSync(`${root}/packs/${ref}/actions`, { recursive: true });
      },
    },
    {
      ...SYNC,
      title: "retirement of packs, of one with what others have in it",
      arrange: async (root) => {
        const others = { stays: { "pack.yaml": manifest("stays") }, leaves: { "pack.yaml": manifest("leaves") } };
        await publish(root, { ...shape, old: { ...shape.old, ...others } });
        writeSources(root, { stays: others.stays });
        for (const ref of [Object.keys(foreign)[0], "leaves"]) rmSync(`${root}/packs/${ref}`, { recursive: true });
      },
    },
    {
      ...SYNC,
      title: "adoption of what cp -rf left",
      arrange: async (root) => {
        makeTree(`${root}/volume`, shape.old);
        makeTree(`${root}/volume`, foreign);
        for (const path of walk(`${root}/volume`)) utimesSync(`${root}/volume/${path}`, LONG_AGO, LONG_AGO);
        writeSources(root, shape.new);
      },
    },
    {
      ...SYNC,
      title: "update that prunes history",
      arrange: async (root) => {
        writeFileSync(`${root}/packsync.yaml`, "history: { keep: 1, minAge: 0 }\n");
        const engine = await publish(root, shape);
        writeSources(root, shape.new);
        await engine.sync();
        pushTimes(root);
        writeSources(root, shape.old);
      },
    },
    {
      title: "rollback",
      args: ["rollback", "core", "--packs-dev", "none", "--format", "json"],
      next: { args: ONCE, completes: false },
      arrange: async (root) => {
        const engine = await publish(root, shape);
        writeSources(root, shape.new);
        await engine.sync();
        pushTimes(root);
        writeSources(root, shape.new);
      },
    },
  ];
}

/** In seconds. Whether two files are of the same second must not depend on how fast the test is. */
const LONG_AGO = 1_600_000_000;

/** The older state, published in this process, and then used by others. */
async function publish(root: string, { old, foreign }: Shape): Promise<Engine> {
  writeSources(root, old);
  const engine = await createEngine(root);
  await engine.sync();
  makeTree(`${root}/volume`, foreign);
  pushTimes(root);
  return engine;
}

/** Afresh, also what is the same: whether a stamp is too young to be trusted must not depend on how fast the test is. */
function writeSources(root: string, packs: Packs): void {
  for (const ref of Object.keys(packs)) rmSync(`${root}/packs/${ref}`, { recursive: true, force: true });
  makeTree(`${root}/packs`, packs);
}

/** As after many releases within one second, so that the next one sets its times whether or not this second is over. */
export function pushTimes(root: string): void {
  const releases = `${root}/volume/.packsync/releases`;
  const latestMtime = Math.floor(Date.now() / 1000) + 3600;
  for (const path of readdirSync(releases, { recursive: true, encoding: "utf8" }))
    if (path.endsWith(".json")) {
      const before = JSON.parse(readFileSync(`${releases}/${path}`, "utf8"));
      writeFileSync(`${releases}/${path}`, JSON.stringify({ ...before, latestMtime }));
    }
}

/** One pack of five files, as small as it can be and still have all there is: bytes, a mode, a path or two that change. */
export const SMALL: Shape = {
  title: "a pack of five files",
  old: {
    core: {
      "pack.yaml": manifest("core"),
      "README.md": "the same in both\n",
      actions: { "echo.yaml": action("echo"), "echo.sh": script("echo 1") },
      lib: { "old.txt": "1\n".repeat(3000) },
    },
  },
  new: {
    core: {
      "pack.yaml": manifest("core", "2.0.0"),
      "README.md": "the same in both\n",
      actions: { "echo.yaml": action("echo"), "echo.sh": script("echo 2") },
      etc: { "new.txt": "2\n".repeat(3000) },
    },
  },
  foreign: { core: { ".venv": { "pyvenv.cfg": "theirs\n" } } },
};

/** So many fresh files that they are made durable together. */
export const MANY: Shape = {
  title: "a pack of many files",
  old: { core: { ...SMALL.old["core"], data: numbered(40, "1\n") } },
  new: { core: { ...SMALL.new["core"], data: numbered(40, "2\n".repeat(3000)) } },
  foreign: SMALL.foreign,
};

/** One pack needs the other. */
const TWO: Shape = {
  title: "two packs",
  old: { core: SMALL.old["core"] ?? {}, base: { "pack.yaml": manifest("base"), "data.txt": "1\n" } },
  new: {
    core: { ...SMALL.new["core"], "pack.yaml": `${manifest("core", "2.0.0")}dependencies: [base]\n` },
    base: { "pack.yaml": manifest("base", "2.0.0"), "data.txt": "2\n" },
  },
  foreign: { core: { "theirs.txt": "theirs\n", empty: {} }, base: { lib: { deep: { "theirs.txt": "theirs\n" } } } },
};

/** For a soak. */
export const SHAPES: readonly Shape[] = [SMALL, TWO, MANY];

function numbered(count: number, content: string): Tree {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`${index}.txt`, content]));
}
