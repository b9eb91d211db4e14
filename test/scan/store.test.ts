import { expect, test } from "vitest";
import { openState } from "../../src/platform/database.ts";
import { createFingerprint } from "../../src/scan/fingerprint.ts";
import { type KnownPack, openScanStore, scanSchema } from "../../src/scan/store.ts";
import { LIMITS } from "../support/scanner.ts";
import { scratch } from "../support/trees.ts";
import { ref } from "../support/volume.ts";

function store() {
  const directory = scratch();
  const database = openState(directory.path, [scanSchema], undefined);
  const dispose = () => {
    database.close();
    directory[Symbol.dispose]();
  };
  return { database, store: openScanStore(database), [Symbol.dispose]: dispose };
}

const pack: KnownPack = {
  source: "packs",
  directory: "odd ä\n name",
  fingerprint: {
    names: `${Object.values(LIMITS).join(" ")}\0a\0b`,
    stamps: Float64Array.of(1, 1.25, Number.MAX_SAFE_INTEGER, 2 ** 53, 0, 1, 2, 3, 4, 5),
  },
  revision: "r-1",
  ownManifest: true,
  identity: { ref: ref("mypack"), version: "1.0.0", dependencies: ["core"] },
  verdict: "rejected",
  since: "2026-01-01T00:00:00.000Z",
  diagnostics: [{ severity: "error", code: "x.y", message: "m\u0000\n", file: "a", line: 1, column: 2, hint: "h" }],
};
const young: KnownPack = {
  ...pack,
  directory: "young",
  fingerprint: undefined,
  ownManifest: false,
  identity: undefined,
  verdict: "valid",
  diagnostics: [],
};

test("gives back what it was given, by source and directory", () => {
  using own = store();
  own.store.save(pack);
  own.store.save(young);
  own.store.save({ ...young, source: "packs.dev" });
  expect(own.store.known("packs")).toEqual(
    new Map([
      [pack.directory, pack],
      ["young", young],
    ]),
  );
  expect(own.store.known("elsewhere")).toEqual(new Map());
});

test("gives back facts, and what of them matters to other packs", () => {
  using own = store();
  const link = { to: "action", target: "core.echo", path: ["action_ref"] } as const;
  const rule = { kind: "rule", parameters: [], defines: [{ kind: "rule", ref: "mypack.r" }], links: [link] } as const;
  const definitions = new Map([["__proto__", rule]]);
  const facts = { dialect: "attune", pack: "mypack", definitions, scripts: new Map() } as const;
  own.store.save(pack, facts);
  expect(own.store.facts("packs", pack.directory)).toEqual(facts);
  const wants = [{ file: "__proto__", ...link }];
  expect(own.store.outside("packs", pack.directory)).toEqual({ dialect: "attune", offers: rule.defines, wants });
  own.store.restate({ ...pack, diagnostics: [] });
  expect(own.store.known("packs").get(pack.directory)).toEqual({ ...pack, diagnostics: [] });
  own.store.save(pack);
  expect(own.store.facts("packs", pack.directory)).toBeUndefined();
  expect(own.store.outside("packs", pack.directory)).toBeUndefined();
  own.store.save(pack, facts);
  expect(own.store.outside("packs", pack.directory)?.wants).toEqual(wants);
  own.store.save(young, { ...facts, definitions: new Map() });
  expect(own.store.outside("packs", "young")).toEqual({ dialect: "attune", offers: [], wants: [] });
  own.store.forget("packs", pack.directory);
  expect(own.store.outside("packs", pack.directory)).toBeUndefined();
});

test("takes back what was saved of a pack for others, when that is not so", () => {
  using own = store();
  const facts = { dialect: "attune", pack: "mypack", definitions: new Map(), scripts: new Map() } as const;
  expect(own.store.outside("packs", pack.directory)).toBeUndefined();
  own.database.exec("BEGIN");
  own.store.save(pack, facts);
  expect(own.store.outside("packs", pack.directory)).toBeDefined();
  own.database.exec("ROLLBACK");
  own.store.refresh();
  expect(own.store.outside("packs", pack.directory)).toBeUndefined();
});

test("keeps the newest, and forgets", () => {
  using own = store();
  own.store.save(pack);
  own.store.save({ ...pack, revision: "r-2" });
  expect(own.store.known("packs").get(pack.directory)?.revision).toBe("r-2");
  own.store.forget("packs", pack.directory);
  expect(own.store.known("packs")).toEqual(new Map());
});

test("keeps an empty fingerprint apart from none", () => {
  using own = store();
  const empty = createFingerprint(LIMITS, [], []);
  own.store.save({ ...pack, fingerprint: empty });
  expect(own.store.known("packs").get(pack.directory)?.fingerprint).toEqual(empty);
});

test.for(["../../outside", "/etc", "a/b", "..", "", "UPPER"])(
  "does not believe a row in which somebody wrote the ref %j: it would become a path",
  (hostile) => {
    using own = store();
    own.store.save(pack);
    own.database.prepare("UPDATE scan SET identity = ?").run(JSON.stringify({ ...pack.identity, ref: hostile }));
    expect(openScanStore(own.database).known("packs").get(pack.directory)?.identity).toBeUndefined();
  },
);
