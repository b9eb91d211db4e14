import { existsSync, readdirSync, renameSync, rmSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { exchange } from "../../src/platform/syscalls.ts";
import { asidePath } from "../../src/publish/exchange.ts";
import { leavesNothing, type StagedRelease } from "../../src/publish/go-live.ts";
import { recover } from "../../src/publish/recover.ts";
import { directoryIdentity } from "../../src/publish/stage.ts";
import { readTree, writeTree } from "../support/trees.ts";
import { historyOf, PACK, publish, stage, type TestVolume, testVolume } from "../support/volume.ts";

const OLD = { "pack.yaml": "old", same: "same" } as const;
const NEW = { "pack.yaml": "new", same: "same" } as const;

/** The intent is committed; nothing after that is done. */
function intend({ deps, live }: TestVolume, { kind, manifest, previous }: StagedRelease): void {
  deps.ledger.saveIntent({
    ref: PACK,
    kind,
    number: manifest.number,
    release: manifest.release,
    previous: previous?.release,
    before: existsSync(live) ? directoryIdentity(live) : undefined,
    after: leavesNothing(kind, manifest) ? undefined : manifest.identity,
  });
}

function historyPath({ layout }: TestVolume, { previous }: StagedRelease): string {
  return `${layout.releases}/${PACK}/${previous?.release}`;
}

interface CrashPoint {
  readonly title: string;
  /** What the run did before it died. */
  readonly crash: (volume: TestVolume, staged: StagedRelease) => void;
  readonly live: "old" | "new";
}

const points: readonly CrashPoint[] = [
  { title: "before the intent", crash: () => {}, live: "old" },
  { title: "before the exchange", crash: intend, live: "old" },
  {
    title: "after the exchange",
    crash(volume, staged) {
      intend(volume, staged);
      exchange(staged.staging.root, volume.live);
    },
    live: "new",
  },
  {
    title: "between the two renames",
    crash(volume, staged) {
      intend(volume, staged);
      renameSync(volume.live, asidePath(staged.staging.root));
    },
    live: "new",
  },
  {
    title: "after the second rename",
    crash(volume, staged) {
      intend(volume, staged);
      renameSync(volume.live, asidePath(staged.staging.root));
      renameSync(staged.staging.root, volume.live);
    },
    live: "new",
  },
  {
    title: "after the displaced tree moved into history",
    crash(volume, staged) {
      intend(volume, staged);
      exchange(staged.staging.root, volume.live);
      renameSync(staged.staging.root, historyPath(volume, staged));
    },
    live: "new",
  },
];

describe("a publish that died", () => {
  test.for(points)("$title: the $live release is live, and no litter is left", ({ crash, live }) => {
    using volume = testVolume();
    publish(volume, OLD);
    writeTree(volume.live, { theirs: "theirs" });
    crash(volume, stage(volume, NEW));

    const recovery = recover(volume.deps);
    expect([...recovery.finished, ...recovery.abandoned].length).toBeLessThanOrEqual(1);
    expectSettled(volume, live === "new" ? 2 : 1);
    expect(readTree(volume.live)).toEqual({ ...(live === "new" ? NEW : OLD), theirs: "theirs" });
    expect(recover(volume.deps)).toEqual({ finished: [], abandoned: [], litter: 0 });

    publish(volume, { ...NEW, "pack.yaml": "next" });
    expect(readTree(volume.live)).toEqual({ ...NEW, "pack.yaml": "next", theirs: "theirs" });
  });

  test.for(points.slice(2))("$title: brings over what others wrote meanwhile", ({ crash }) => {
    using volume = testVolume();
    publish(volume, OLD);
    crash(volume, stage(volume, NEW));
    const { layout } = volume;
    const displaced = readdirSync(layout.staging)
      .map((name) => `${layout.staging}/${name}`)
      .find((path) => readTree(path)["pack.yaml"] === "old");
    if (displaced !== undefined) writeTree(displaced, { "late/file": "late" });
    recover(volume.deps);
    expect(readTree(volume.live)).toEqual({ ...NEW, ...(displaced && { "late/file": "late" }) });
  });

  test.for(points)("$title, the first of its pack: is live or was never there", ({ title, crash }) => {
    using volume = testVolume();
    const staged = stage(volume, NEW);
    if (title.startsWith("before")) crash(volume, staged);
    else {
      intend(volume, staged);
      renameSync(staged.staging.root, volume.live);
    }
    recover(volume.deps);
    expect(readdirSync(volume.layout.staging)).toEqual([]);
    expect(volume.deps.ledger.intents()).toEqual([]);
    const isLive = existsSync(volume.live);
    expect(volume.deps.ledger.packs().get(PACK)?.release).toBe(isLive ? staged.manifest.release : undefined);
    expect(historyOf(volume)).toEqual(isLive ? ["1-<hash>.json"] : []);
  });

  test("while others made the directory again between the two renames: nothing of either is lost", () => {
    using volume = testVolume();
    publish(volume, OLD);
    writeTree(volume.live, { theirs: "theirs" });
    const staged = stage(volume, NEW);
    intend(volume, staged);
    renameSync(volume.live, asidePath(staged.staging.root));
    writeTree(volume.live, { meanwhile: "meanwhile" });
    recover(volume.deps);
    publish(volume, NEW);
    expect(readTree(volume.live)).toMatchObject({ ...NEW, meanwhile: "meanwhile" });
    expect(Object.values(readTree(volume.layout.root))).toContain("theirs");
  });
});

describe("a recovery that died itself", () => {
  test.for(points)("$title: a third run ends it", ({ crash, live }) => {
    using volume = testVolume();
    publish(volume, OLD);
    const staged = stage(volume, NEW);
    crash(volume, staged);
    const [intent] = volume.deps.ledger.intents();
    recover(volume.deps);
    if (intent !== undefined) volume.deps.ledger.saveIntent(intent);
    recover(volume.deps);
    expect(readTree(volume.live)).toEqual(live === "new" ? NEW : OLD);
    expect(volume.deps.ledger.intents()).toEqual([]);
  });
});

describe("a retirement that died", () => {
  const moved = (volume: TestVolume, staged: StagedRelease) => {
    intend(volume, staged);
    renameSync(volume.live, historyPath(volume, staged));
  };

  test.for([
    { title: "before it was done", crash: intend, isLive: true },
    { title: "after the directory went", crash: moved, isLive: false },
    {
      title: "after the directory and what was staged went",
      crash(volume: TestVolume, staged: StagedRelease) {
        moved(volume, staged);
        rmSync(staged.staging.root, { recursive: true });
      },
      isLive: false,
    },
  ])("$title, and leaves nothing", ({ crash, isLive }) => {
    using volume = testVolume();
    publish(volume, OLD);
    crash(volume, stage(volume, {}, { kind: "retire" }));
    recover(volume.deps);
    expect(existsSync(volume.live)).toBe(isLive);
    expect(readdirSync(volume.layout.staging)).toEqual([]);
    expect(volume.deps.ledger.intents()).toEqual([]);
    expect(volume.deps.ledger.packs().get(PACK)?.release === undefined).toBe(!isLive);
    expect(historyOf(volume)).toEqual(isLive ? ["1-<hash>.json"] : ["1-<hash>.json", "1-<hash>/", "2-<hash>.json"]);
  });

  test("after the exchange, and leaves what others have there", () => {
    using volume = testVolume();
    publish(volume, OLD);
    writeTree(volume.live, { theirs: "theirs" });
    const staged = stage(volume, {}, { kind: "retire" });
    intend(volume, staged);
    exchange(staged.staging.root, volume.live);
    recover(volume.deps);
    expect(readTree(volume.live)).toEqual({ theirs: "theirs" });
    expect(volume.deps.ledger.packs().get(PACK)?.release).toBeUndefined();
    expect(readdirSync(volume.layout.staging)).toEqual([]);
  });
});

test("removes what was staged for nobody, and nothing else", () => {
  using volume = testVolume();
  publish(volume, OLD);
  writeTree(volume.layout.staging, { "mypack.2/pack.yaml": "x", "unknown/x": "x", "other.7.pruned/x": "x" });
  expect(recover(volume.deps).litter).toBe(3);
  expect(readdirSync(volume.layout.staging)).toEqual([]);
  expect(readTree(volume.live)).toEqual(OLD);
});

test("brings a tree that was live once back to history instead of removing it", () => {
  using volume = testVolume();
  publish(volume, OLD);
  publish(volume, NEW);
  const [first] = volume.deps.ledger.releases(PACK);
  const home = `${volume.layout.releases}/${PACK}/${first?.release}`;
  for (const name of ["mypack.2", "mypack.12", "mypack.2.aside"]) {
    renameSync(home, `${volume.layout.staging}/${name}`);
    recover(volume.deps);
    expect(existsSync(home), name).toBe(true);
  }
});

function expectSettled(volume: TestVolume, number: number): void {
  const { deps, layout, publisher } = volume;
  expect(readdirSync(layout.staging)).toEqual([]);
  expect(deps.ledger.intents()).toEqual([]);
  const record = deps.ledger.packs().get(PACK);
  expect(record?.number).toBe(number);
  expect(publisher.previous(PACK)?.release).toBe(record?.release);
  expect(publisher.previous(PACK)?.identity).toEqual(directoryIdentity(volume.live));
  expect(historyOf(volume)).toEqual(number === 1 ? ["1-<hash>.json"] : ["1-<hash>.json", "1-<hash>/", "2-<hash>.json"]);
}
