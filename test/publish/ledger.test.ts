import { expect, test } from "vitest";
import { openState } from "../../src/platform/database.ts";
import {
  type Intent,
  ledgerSchema,
  openLedger,
  type PackRecord,
  type ReleaseRecord,
} from "../../src/publish/ledger.ts";
import { scratch } from "../support/trees.ts";
import { PACK, ref } from "../support/volume.ts";

function ledger() {
  const directory = scratch();
  const database = openState(directory.path, [ledgerSchema], undefined);
  const dispose = () => {
    database.close();
    directory[Symbol.dispose]();
  };
  return { database, ledger: openLedger(database), [Symbol.dispose]: dispose };
}

const pack: PackRecord = {
  ref: PACK,
  number: 3,
  release: "3-0123abcd",
  version: "1.2.3",
  origin: "sync",
  source: "packs",
  directory: "my-pack",
  publishedAt: "2026-01-01T00:00:00.000Z",
  pinned: "the source's content",
  applied: "a fingerprint",
  watched: ["lib", "bin/tool", "odd\nname\udc80"],
  live: "another",
};
const bare: PackRecord = {
  ...pack,
  ref: ref("bare"),
  release: undefined,
  source: undefined,
  directory: undefined,
  pinned: undefined,
  applied: undefined,
  watched: [],
};

test("keeps packs, with and without what may be missing, by ref", () => {
  using own = ledger();
  own.ledger.savePack(pack);
  own.ledger.savePack(bare);
  expect([...own.ledger.packs()]).toEqual([
    [bare.ref, bare],
    [PACK, pack],
  ]);
  own.ledger.savePack({ ...pack, number: 4 });
  expect(own.ledger.packs().get(PACK)?.number).toBe(4);
  expect(own.ledger.pack(PACK)).toEqual({ ...pack, number: 4 });
  expect(own.ledger.pack(ref("none"))).toBeUndefined();
});

test("keeps releases, oldest first, until they are dropped", () => {
  using own = ledger();
  const { number: _, ...about } = {
    ref: PACK,
    number: 0,
    release: "1-0123abcd",
    version: "1.0.0",
    origin: "sync",
    publishedAt: "2026",
  };
  const releases: ReleaseRecord[] = [10, 9, 1].map((number) => ({
    ...about,
    number,
    displacedAt: number === 10 ? undefined : "2027",
  }));
  for (const release of releases) own.ledger.saveRelease(release);
  own.ledger.saveRelease({ ...about, ref: ref("other"), number: 5, displacedAt: undefined });
  expect(own.ledger.releases(PACK)).toEqual(releases.toReversed());
  own.ledger.dropRelease(PACK, 9);
  expect(own.ledger.releases(PACK).map(({ number }) => number)).toEqual([1, 10]);
});

test("keeps one intent a pack until it is done", () => {
  using own = ledger();
  const identity = { inode: "18446744073709551615", birthtimeNs: "1" };
  const intent: Intent = {
    ref: PACK,
    kind: "publish",
    number: 2,
    release: "2-0",
    previous: "1-0",
    before: identity,
    after: identity,
  };
  const nothing: Intent = {
    ref: bare.ref,
    kind: "retire",
    number: 1,
    release: "1-0",
    previous: undefined,
    before: undefined,
    after: undefined,
  };
  own.ledger.saveIntent({ ...intent, number: 1 });
  own.ledger.saveIntent(intent);
  own.ledger.saveIntent(nothing);
  expect(own.ledger.intents()).toEqual([nothing, intent]);
  own.ledger.clearIntent(PACK);
  expect(own.ledger.intents()).toEqual([nothing]);
});

test.for(["../outside", "/etc", "a/b", ".", "..", "", "UPPER", "a b", "_global", "x".repeat(300)])(
  "does not count a row whose ref is none: %j",
  (hostile) => {
    using own = ledger();
    own.ledger.savePack(pack);
    const row = {
      pack: "VALUES (?, 1, '1-0', '1', 'sync', NULL, NULL, '', NULL, NULL, '[]', '')",
      release: "VALUES (?, 1, '1-0', '1', 'sync', '', NULL)",
      intent: "VALUES (?, 'publish', 1, '1-0', NULL, NULL, NULL)",
    };
    for (const [table, values] of Object.entries(row))
      own.database.prepare(`INSERT INTO ${table} ${values}`).run(hostile);
    expect([...own.ledger.packs().keys()]).toEqual([PACK]);
    expect(own.ledger.releases(hostile as typeof PACK)).toEqual([]);
    expect(own.ledger.intents()).toEqual([]);
  },
);
