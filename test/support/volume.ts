import { createHash } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { bytesSource, parseElf } from "../../src/pack/elf.ts";
import { asPackRef, type PackRef } from "../../src/pack/ref.ts";
import { directoriesAbove, type FileEntry, type PackSnapshot } from "../../src/pack/snapshot.ts";
import { planPack } from "../../src/plan/plan.ts";
import { forPack, type PreservePolicy } from "../../src/plan/preserve.ts";
import { openState } from "../../src/platform/database.ts";
import type { GoLiveOutcome, PublisherDeps, StagedRelease } from "../../src/publish/go-live.ts";
import { livePath, type VolumeLayout, volumeLayout } from "../../src/publish/layout.ts";
import { ledgerSchema, openLedger } from "../../src/publish/ledger.ts";
import { createPublisher, type Publisher } from "../../src/publish/publisher.ts";
import { openVolume } from "../../src/publish/volume.ts";
import { liveFingerprint, scanLive } from "../../src/scan/live.ts";
import { policy } from "./entries.ts";
import { type Content, readTree, scratch, type TreeOf } from "./trees.ts";

export function ref(text: string): PackRef {
  const packRef = asPackRef(text);
  if (packRef === undefined) throw new Error(`Expected a ref, got ${text}`);
  return packRef;
}

export const PACK = ref("mypack");

/** A volume of its own with everything a publisher needs. */
export interface TestVolume extends Disposable {
  readonly layout: VolumeLayout;
  readonly database: DatabaseSync;
  readonly deps: PublisherDeps;
  readonly publisher: Publisher;
  /** Where `mypack` is live. */
  readonly live: string;
  /** Lets the clock of the publisher go on. */
  wait(seconds: number): void;
}

export function testVolume(
  about: { readonly swapTrees?: PublisherDeps["swapTrees"]; readonly policy?: PreservePolicy } = {},
): TestVolume {
  const directory = scratch();
  const layout = volumeLayout(`${directory.path}/volume`);
  openVolume({ layout, stateDir: layout.own, owner: undefined });
  const database = openState(layout.own, [ledgerSchema], undefined);
  let waited = 0;
  const deps: PublisherDeps = {
    layout,
    database,
    ledger: openLedger(database),
    owner: undefined,
    minFreeBytes: 0,
    policy: about.policy ?? policy,
    scan: scanLive,
    fingerprint: liveFingerprint,
    now: () => new Date(Date.now() + waited * 1000),
    ...(about.swapTrees && { swapTrees: about.swapTrees }),
  };
  return {
    layout,
    database,
    deps,
    publisher: createPublisher(deps),
    live: livePath(layout, PACK),
    wait: (seconds) => {
      waited += seconds;
    },
    [Symbol.dispose]() {
      database.close();
      directory[Symbol.dispose]();
    },
  };
}

interface StageOptions {
  readonly kind?: StagedRelease["kind"];
  /** What others do between the look at the live tree and staging. */
  readonly beforeStaging?: () => void;
  /** Everything is written while it is read, as a first scan does, whatever the plan wants of it. */
  readonly isAllRead?: true;
}

/** Plans and stages what a source of these files would give. */
export function stage(
  { publisher, deps, live: root }: TestVolume,
  tree: TreeOf<Content>,
  options: StageOptions = {},
): StagedRelease {
  const { kind = "publish", beforeStaging = () => {}, isAllRead } = options;
  const previous = publisher.previous(PACK);
  const live = scanLive({ root, ledger: previous?.files ?? {}, inspect: () => true });
  const source = snapshotOf(tree);
  const plan = planPack(source, live, previous, forPack(deps.policy, PACK));
  const place = publisher.place(PACK);
  const staging = publisher.open(place, new Map());
  const isWanted = (path: string) =>
    plan.changes.some((change) => change.path === path && (change.kind === "add" || change.kind === "replace"));
  for (const [path, { mode }] of source.files)
    if (isAllRead || isWanted(path)) staging.write(path, mode, bytesOf(tree[path]));
  beforeStaging();
  const about = {
    version: "1.0.0",
    dependencies: [],
    source: { name: "packs", directory: PACK },
    origin: "sync",
  } as const;
  return publisher.stage({
    kind,
    ref: PACK,
    number: place.number,
    ...about,
    plan,
    live,
    previous,
    staging,
    applied: "applied",
  });
}

/** Stages and publishes; `meanwhile` is what others do in between. */
export function publish(volume: TestVolume, tree: TreeOf<Content>, meanwhile: () => void = () => {}): GoLiveOutcome {
  const staged = stage(volume, tree);
  meanwhile();
  return goLive(volume, staged);
}

export function retire(volume: TestVolume): GoLiveOutcome {
  return goLive(volume, stage(volume, {}, { kind: "retire" }));
}

export function goLive({ publisher }: TestVolume, staged: StagedRelease): GoLiveOutcome {
  using armed = publisher.arm([staged]);
  const [outcome] = armed.goLive();
  staged.staging[Symbol.dispose]();
  if (outcome === undefined) throw new Error("Expected an outcome");
  return outcome;
}

/** What was brought over, removed and kept when a release went live; paths, sorted. */
export function lateOf(outcome: GoLiveOutcome) {
  if (!outcome.live) throw outcome.error;
  const { moved, removed, kept } = outcome.late;
  return { moved: [...moved].sort(), removed: [...removed].sort(), kept: Object.keys(kept).sort() };
}

/** What is in `.packsync/releases/mypack`: trees end with `/`, `<n>` stands for a release's hash. */
export function historyOf({ layout }: TestVolume): string[] {
  const tops = Object.keys(readTree(`${layout.releases}/${PACK}`)).map((path) => path.replace(/\/.*/, "/"));
  return [...new Set(tops)].map((name) => name.replace(/^(\d+)-[0-9a-f]{8}/, "$1-<hash>")).sort();
}

function snapshotOf(tree: TreeOf<Content>): PackSnapshot {
  const files = Object.entries(tree).flatMap(([path, content]) =>
    content === "directory/" ? [] : [[path, entryOf(content)] as const],
  );
  const empty = Object.keys(tree).filter((path) => tree[path] === "directory/");
  return { files: new Map(files), directories: [...directoriesAbove(Object.keys(tree)), ...empty].sort() };
}

function entryOf(content: Content): FileEntry {
  const bytes = bytesOf(content);
  const elf = parseElf(bytesSource(bytes));
  const isExecutable = elf !== undefined || (typeof content === "object" && "script" in content);
  const digest = createHash("sha256").update(bytes).digest("hex");
  return { digest, size: bytes.length, mode: isExecutable ? 0o755 : 0o644, ...(elf && { elf }) };
}

function bytesOf(content: Content | undefined): Uint8Array {
  if (content instanceof Uint8Array) return content;
  if (typeof content === "object" && "script" in content) return Buffer.from(content.script);
  return Buffer.from(typeof content === "string" ? content : "");
}
