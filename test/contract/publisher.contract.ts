import { existsSync, readdirSync, renameSync, rmSync, unlinkSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { asidePath, type GoLiveMethod } from "../../src/publish/exchange.ts";
import type { GoLiveOutcome, PublisherDeps, StagedRelease } from "../../src/publish/go-live.ts";
import { readManifest } from "../../src/publish/manifest.ts";
import { createPublisher } from "../../src/publish/publisher.ts";
import { rebuildLedger, recover } from "../../src/publish/recover.ts";
import { directoryIdentity } from "../../src/publish/stage.ts";
import { readTree, writeTree } from "../support/trees.ts";
import { goLive, historyOf, PACK, publish, retire, stage, type TestVolume, testVolume } from "../support/volume.ts";

type SwapTrees = NonNullable<PublisherDeps["swapTrees"]>;

/** One way to go live. `swapTrees` is what the publisher calls; `swap` does all of it, for crashes right afterwards. */
export interface PublisherVariant {
  readonly method: GoLiveMethod;
  readonly swapTrees: SwapTrees;
  readonly swap: SwapTrees;
}

const OLD = { "pack.yaml": "old", "lib/same": "same", "lib/left": "left" } as const;
const NEW = { "pack.yaml": "new", "lib/same": "same", "lib/new": "new" } as const;
const NEXT = { "pack.yaml": "next", "lib/same": "same" } as const;
const THEIRS = { ".venv/lib/x": "theirs", "bin/tool": "theirs, too" } as const;

/** What every publisher promises, whichever way it goes live. */
export function publisherContract(variant: PublisherVariant): void {
  const { method, swapTrees } = variant;
  const newVolume = () => testVolume({ swapTrees });

  describe("publishing", () => {
    test("a first release makes the directory", () => {
      using volume = newVolume();
      expect(publish(volume, OLD)).toMatchObject({ ref: PACK, live: true, method: "move" });
      expect(readTree(volume.live)).toEqual(OLD);
      expect(historyOf(volume)).toEqual(["1-<hash>.json"]);
      expectTruth(volume);
    });

    test("an update takes the live one's place, and the one before is history, byte for byte", () => {
      using volume = newVolume();
      publish(volume, OLD);
      const first = releaseOf(volume);
      expect(publish(volume, NEW)).toMatchObject({ ref: PACK, live: true, method });
      expect(readTree(volume.live)).toEqual(NEW);
      expect(readTree(`${volume.layout.releases}/${PACK}/${first}`)).toEqual(OLD);
      expect(historyOf(volume)).toEqual(["1-<hash>.json", "1-<hash>/", "2-<hash>.json"]);
      expectTruth(volume);
    });

    test("many updates leave the last one live and each one before in history", () => {
      using volume = newVolume();
      const generation = (number: number) => ({ ...OLD, "pack.yaml": `${number}`, [`only/${number}`]: `${number}` });
      for (let number = 1; number <= 30; number++) publish(volume, generation(number));
      expect(readTree(volume.live)).toEqual(generation(30));
      for (const { number, release } of volume.deps.ledger.releases(PACK).slice(0, -1)) {
        expect(readTree(`${volume.layout.releases}/${PACK}/${release}`)).toEqual(generation(number));
      }
      expectTruth(volume);
    });

    test("a live directory that somebody removed appears again", () => {
      using volume = newVolume();
      publish(volume, OLD);
      rmSync(volume.live, { recursive: true });
      expect(publish(volume, OLD)).toMatchObject({ live: true, method: "move" });
      expect(readTree(volume.live)).toEqual(OLD);
      expectTruth(volume);
    });

    test("a directory of others' files only becomes the pack, and their files stay theirs", () => {
      using volume = newVolume();
      writeTree(volume.live, { "sensors/native": "theirs" });
      expect(publish(volume, OLD)).toMatchObject({ live: true, method });
      publish(volume, NEW);
      expect(readTree(volume.live)).toEqual({ ...NEW, "sensors/native": "theirs" });
      expect(manifestOf(volume)?.carried).toHaveProperty(["sensors/native"]);
      expectTruth(volume);
    });

    test("what others have in a pack comes along, update after update", () => {
      using volume = newVolume();
      publish(volume, OLD);
      writeTree(volume.live, THEIRS);
      for (const tree of [NEW, OLD, NEW]) publish(volume, tree);
      expect(readTree(volume.live)).toEqual({ ...NEW, ...THEIRS });
      expectTruth(volume);
    });

    test("when the trees cannot be swapped the old release stays, and nothing is left behind", () => {
      using volume = newVolume();
      publish(volume, OLD);
      writeTree(volume.live, THEIRS);
      const refused = Object.assign(new Error("EIO: i/o error"), { code: "EIO" });
      const failing = { ...volume, publisher: createPublisher({ ...volume.deps, swapTrees: throwing(refused) }) };
      expect(publish(failing, NEW)).toEqual({ ref: PACK, live: false, error: refused });
      expect(readTree(volume.live)).toEqual({ ...OLD, ...THEIRS });
      expectNothingUnderWay(volume);
      publish(volume, NEXT);
      expect(readTree(volume.live)).toEqual({ ...NEXT, ...THEIRS });
      expectTruth(volume);
    });
  });

  describe("retiring", () => {
    test("a pack without anybody's files goes whole, and is history", () => {
      using volume = newVolume();
      publish(volume, OLD);
      const release = releaseOf(volume);
      expect(retire(volume)).toMatchObject({ live: true, method: "move" });
      expect(existsSync(volume.live)).toBe(false);
      expect(readTree(`${volume.layout.releases}/${PACK}/${release}`)).toEqual(OLD);
      expect(volume.deps.ledger.pack(PACK)?.release).toBeUndefined();
      expectNothingUnderWay(volume);
    });

    test("a pack with others' files leaves these, and nothing of ours", () => {
      using volume = newVolume();
      publish(volume, OLD);
      writeTree(volume.live, THEIRS);
      expect(retire(volume)).toMatchObject({ live: true, method });
      expect(readTree(volume.live)).toEqual(THEIRS);
      expect(volume.deps.ledger.pack(PACK)?.release).toBeUndefined();
      expectNothingUnderWay(volume);
    });

    test.for([{}, THEIRS])("a pack that comes back meets what others have there: %j", (theirs) => {
      using volume = newVolume();
      publish(volume, OLD);
      writeTree(volume.live, theirs);
      retire(volume);
      publish(volume, NEW);
      expect(readTree(volume.live)).toEqual({ ...NEW, ...theirs });
      expectTruth(volume);
    });
  });

  describe("a publish that died", () => {
    const points = crashPoints(variant);

    test.for(points)("$title: recovery brings order", ({ live, ...point }) => {
      using volume = newVolume();
      publish(volume, OLD);
      writeTree(volume.live, THEIRS);
      const first = releaseOf(volume);
      die(volume, stage(volume, NEW), point);

      recover(volume.deps);

      expect(readTree(volume.live)).toEqual({ ...(live === "new" ? NEW : OLD), ...THEIRS });
      expectTruth(volume);
      expect(volume.deps.ledger.pack(PACK)?.number).toBe(live === "new" ? 2 : 1);
      const history = `${volume.layout.releases}/${PACK}/${first}`;
      if (live === "new") expect(readTree(history)).toEqual({ ...OLD, ...THEIRS });
      else expect(existsSync(history)).toBe(false);
      expect(recover(volume.deps)).toEqual({ finished: [], abandoned: [], litter: 0 });
      publish(volume, NEXT);
      expect(readTree(volume.live)).toEqual({ ...NEXT, ...THEIRS });
      expectTruth(volume);
      expectNoOrphans(volume);
    });

    test.for(points)("$title: what others wrote and removed until then counts", ({ live, ...point }) => {
      using volume = newVolume();
      publish(volume, OLD);
      writeTree(volume.live, THEIRS);
      const staged = stage(volume, NEW);
      writeTree(volume.live, { "late/file": "late", "bin/tool.new": "replaced" });
      renameSync(`${volume.live}/bin/tool.new`, `${volume.live}/bin/tool`);
      unlinkSync(`${volume.live}/.venv/lib/x`);
      die(volume, staged, point);
      recover(volume.deps);
      const { ".venv/lib/x": _, ...rest } = readTree(volume.live);
      expect(rest).toMatchObject({ ...(live === "new" ? NEW : OLD), "late/file": "late", "bin/tool": "replaced" });
      expect(existsSync(`${volume.live}/.venv/lib/x`)).toBe(false);
    });

    test.for(points.filter(({ needsLive }) => needsLive))("$title: so does a retirement", ({ live, ...point }) => {
      using volume = newVolume();
      publish(volume, OLD);
      writeTree(volume.live, THEIRS);
      die(volume, stage(volume, {}, { kind: "retire" }), point);
      recover(volume.deps);
      expect(readTree(volume.live)).toEqual(live === "new" ? THEIRS : { ...OLD, ...THEIRS });
      expect(volume.deps.ledger.pack(PACK)?.release !== undefined).toBe(live === "old");
      expectNothingUnderWay(volume);
    });

    test.for(points)("$title, the first in a directory that others filled: it stays theirs", (point) => {
      using volume = newVolume();
      const theirs = { ...THEIRS, "pack.yaml": "left by cp -rf", "lib/extra": "left by cp -rf, too" };
      writeTree(volume.live, theirs);
      die(volume, stage(volume, NEW), point);
      if (volume.deps.ledger.packs().size === 0) rebuildLedger(volume.deps); // as every run does
      recover(volume.deps);
      publish(volume, NEXT);
      expect(readTree(volume.live)).toEqual({ ...theirs, ...NEXT });
    });

    test("before anything was live: the first release is live, or was never there", () => {
      using volume = newVolume();
      die(volume, stage(volume, NEW), atCommit);
      recover(volume.deps);
      expect(readTree(volume.live)).toEqual(NEW);
      expectTruth(volume);
    });
  });

  describe("what others do while the trees are swapped", () => {
    /** Publishes `NEW` over `OLD` with others' files in it; `before` and `after` happen right at the swap. */
    const publishAmid = (volume: TestVolume, before: () => void, after: () => void): void => {
      const swapAmid: SwapTrees = (staged, live) => {
        before();
        variant.swap(staged, live);
        after();
      };
      const publisher = createPublisher({ ...volume.deps, swapTrees: swapAmid });
      expect(publish({ ...volume, publisher }, NEW)).toMatchObject({ live: true });
    };
    const nothing = () => {};
    const set = (volume: TestVolume, content: string) => () => {
      writeTree(volume.live, { "tool.tmp": content });
      renameSync(`${volume.live}/tool.tmp`, `${volume.live}/bin/tool`);
    };
    const prepared = () => {
      const volume = newVolume();
      publish(volume, OLD);
      writeTree(volume.live, THEIRS);
      return volume;
    };

    test("a file that is replaced just before is the new one", () => {
      using volume = prepared();
      publishAmid(volume, set(volume, "2"), nothing);
      expect(readTree(volume.live)).toEqual({ ...NEW, ...THEIRS, "bin/tool": "2" });
    });

    test("a file that is replaced just before and just after is the last one", () => {
      using volume = prepared();
      publishAmid(volume, set(volume, "2"), set(volume, "3"));
      expect(readTree(volume.live)).toEqual({ ...NEW, ...THEIRS, "bin/tool": "3" });
      publish(volume, NEXT);
      expect(readTree(volume.live)).toEqual({ ...NEXT, ...THEIRS, "bin/tool": "3" });
    });

    test("a file that is replaced just before and deleted just after stays deleted", () => {
      using volume = prepared();
      publishAmid(volume, set(volume, "2"), () => unlinkSync(`${volume.live}/bin/tool`));
      expect(readTree(volume.live)).not.toHaveProperty(["bin/tool"]);
      publish(volume, NEXT);
      expect(readTree(volume.live)).not.toHaveProperty(["bin/tool"]);
    });

    test("a file that is deleted just before stays deleted", () => {
      using volume = prepared();
      publishAmid(volume, () => unlinkSync(`${volume.live}/bin/tool`), nothing);
      expect(readTree(volume.live)).not.toHaveProperty(["bin/tool"]);
    });

    test("a file that is replaced just before it is staged is the new one, and nothing is kept beside it", () => {
      using volume = prepared();
      goLive(volume, stage(volume, NEW, { beforeStaging: set(volume, "2") }));
      expect(readTree(volume.live)).toEqual({ ...NEW, ...THEIRS, "bin/tool": "2" });
      expect(manifestOf(volume)?.displaced).toEqual({});
    });

    test("a file that is replaced just before it is staged and deleted just after stays deleted", () => {
      using volume = prepared();
      const staged = stage(volume, NEW, { beforeStaging: set(volume, "2") });
      unlinkSync(`${volume.live}/bin/tool`);
      goLive(volume, staged);
      expect(readTree(volume.live)).not.toHaveProperty(["bin/tool"]);
    });

    test("a file that is deleted just before and made again later stays, although it has the same inode number", () => {
      using volume = prepared();
      const staged = stage(volume, NEW);
      unlinkSync(`${volume.live}/bin/tool`);
      goLive(volume, staged);
      writeTree(volume.live, { "bin/tool": "again" }); // ext4 gives the number at once to the next file
      publish(volume, NEXT);
      publish(volume, OLD);
      expect(readTree(volume.live)).toEqual({ ...OLD, ...THEIRS, "bin/tool": "again" });
    });

    test("a directory that is deleted just before stays deleted", () => {
      using volume = prepared();
      publishAmid(volume, () => rmSync(`${volume.live}/.venv`, { recursive: true }), nothing);
      expect(existsSync(`${volume.live}/.venv`)).toBe(false);
    });

    test("a directory that is made just before and deleted later stays deleted", () => {
      using volume = prepared();
      publishAmid(volume, () => writeTree(volume.live, { "cache/empty": "directory/" }), nothing);
      expect(readTree(volume.live)).toHaveProperty(["cache/empty"]);
      rmSync(`${volume.live}/cache`, { recursive: true });
      publish(volume, NEXT);
      expect(existsSync(`${volume.live}/cache`)).toBe(false);
      volume.wait(3600);
      volume.publisher.prune([PACK], { keep: 0, minAgeSeconds: 600, maxBytes: 0 });
      expect(existsSync(`${volume.live}/cache`)).toBe(false);
    });

    test("a file that is made where a pack retires whole is there when the pack comes back", () => {
      using volume = newVolume();
      publish(volume, OLD);
      const staged = stage(volume, {}, { kind: "retire" });
      writeTree(volume.live, { "late/file": "late" });
      goLive(volume, staged);
      publish(volume, NEXT);
      expect(readTree(volume.live)).toEqual({ ...NEXT, "late/file": "late" });
    });
  });
}

interface Injection {
  readonly swapTrees?: SwapTrees;
  readonly scan?: PublisherDeps["scan"];
}

interface CrashPoint extends Injection {
  readonly title: string;
  /** Which release recovery makes the live one. */
  readonly live: "old" | "new";
  readonly needsLive: boolean;
}

const DEATH = new Error("died here");
/** Nothing is injected: it dies when it commits what it did. */
const atCommit: Injection = {};

/** Where a run can die, by the numbers of the write order (docs/how-it-publishes.md). */
function crashPoints({ method, swap }: PublisherVariant): readonly CrashPoint[] {
  const dyingIn =
    (work: SwapTrees): SwapTrees =>
    (staged, live) => {
      work(staged, live);
      throw DEATH;
    };
  const between: readonly CrashPoint[] = [
    {
      title: "between the two renames",
      live: "new",
      needsLive: true,
      swapTrees: dyingIn((staged, live) => renameSync(live, asidePath(staged))),
    },
    {
      title: "after the second rename",
      live: "new",
      needsLive: true,
      swapTrees: dyingIn((staged, live) => {
        renameSync(live, asidePath(staged));
        renameSync(staged, live);
      }),
    },
  ];
  return [
    { title: "before the trees were swapped (4)", live: "old", needsLive: true, swapTrees: throwing(DEATH) },
    ...(method === "two-renames" ? between : []),
    { title: "right after the trees were swapped (4)", live: "new", needsLive: true, swapTrees: dyingIn(swap) },
    { title: "before late writes were brought over (5)", live: "new", needsLive: true, scan: throwing(DEATH) },
    { title: "before it was committed (7)", live: "new", needsLive: true },
  ];
}

function throwing(error: Error): () => never {
  return () => {
    throw error;
  };
}

/** Goes live and dies where `injection` says: from there on nothing is committed, and nothing is cleaned up. */
function die({ deps }: TestVolume, staged: StagedRelease, injection: Injection): void {
  const dead = throwing(DEATH);
  const ledger = { ...deps.ledger, savePack: dead, saveRelease: dead, clearIntent: dead };
  const { swapTrees, scan } = injection;
  const publisher = createPublisher({ ...deps, ledger, ...(swapTrees && { swapTrees }), ...(scan && { scan }) });
  using armed = publisher.arm([staged]);
  expect(deathOf(() => armed.goLive())).toBe(DEATH);
}

/** What it dies of, at once or on its way out. */
function deathOf(goLive: () => readonly GoLiveOutcome[]): unknown {
  try {
    const [outcome] = goLive();
    return outcome?.live === false ? outcome.error : outcome;
  } catch (error) {
    return error;
  }
}

function releaseOf({ deps }: TestVolume): string | undefined {
  return deps.ledger.pack(PACK)?.release;
}

function manifestOf(volume: TestVolume) {
  return readManifest(volume.layout, PACK, releaseOf(volume) ?? "none");
}

/** The index, the manifest and what is live say the same, and nothing is under way. */
function expectTruth(volume: TestVolume): void {
  const manifest = manifestOf(volume);
  expect(manifest).toMatchObject({ pack: PACK, release: releaseOf(volume), identity: directoryIdentity(volume.live) });
  const live = volume.deps.scan({ root: volume.live, ledger: manifest?.files ?? {}, inspect: () => true });
  const ours = [...(live?.files ?? [])].filter(([, { ownership }]) => ownership === "ours").map(([path]) => path);
  expect(ours.sort()).toEqual(Object.keys(manifest?.files ?? {}).sort());
  expectNothingUnderWay(volume);
}

function expectNothingUnderWay({ deps, layout }: TestVolume): void {
  expect(readdirSync(layout.staging)).toEqual([]);
  expect(deps.ledger.intents()).toEqual([]);
  expect(
    readdirSync(layout.releases, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".tmp")),
  ).toEqual([]);
}

/** Every manifest is of a release that history or the volume still has. */
function expectNoOrphans({ deps, layout }: TestVolume): void {
  const manifests = readdirSync(`${layout.releases}/${PACK}`).filter((name) => name.endsWith(".json"));
  expect(manifests.sort()).toEqual(
    deps.ledger
      .releases(PACK)
      .map(({ release }) => `${release}.json`)
      .sort(),
  );
}
