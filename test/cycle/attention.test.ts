import { expect, test } from "vitest";
import { createStanding, EVERYTHING } from "../../src/cycle/attention.ts";
import type { PackReport } from "../../src/cycle/report.ts";
import { asPackRef } from "../../src/pack/ref.ts";
import type { PackRecord } from "../../src/publish/ledger.ts";
import type { Look } from "../../src/scan/look.ts";
import type { KnownPack } from "../../src/scan/store.ts";
import { cycleReport, packReport } from "../support/reports.ts";

const ref = asPackRef("core");
const known: KnownPack = {
  source: "packs",
  directory: "core",
  fingerprint: undefined,
  revision: "r1",
  ownManifest: true,
  identity: ref && { ref, version: "1.0.0", dependencies: [] },
  verdict: "valid",
  since: "",
  diagnostics: [],
};
const record = {
  ref,
  source: "packs",
  directory: "core",
  release: "1-0123abcd",
  applied: "r1",
  live: "l1",
} as PackRecord;
const source = { name: "packs", path: "/packs", kind: "production" } as const;
const look: Look = { source, directory: "core", unchanged: true, known, identity: known.identity };

/** What stands of the pack after a cycle that said this of it. */
function standing(report: PackReport, now: { look?: Look; record?: PackRecord; isDue?: boolean } = {}) {
  const standing = createStanding();
  standing.keep(cycleReport([report]), { known: () => known, records: new Map(ref ? [[ref, record]] : []) });
  const isDue = () => now.isDue ?? false;
  return standing.attention({ isDue, isPatient: isDue }).standing(now.look ?? look, now.record ?? record)?.report
    .outcome;
}

test.for<{
  title: string;
  outcome: PackReport["outcome"];
  now?: Parameters<typeof standing>[1];
  stands: string | undefined;
}>([
  { title: "what was published is unchanged", outcome: "published", stands: "unchanged" },
  { title: "what was refused still is", outcome: "rejected", stands: "rejected" },
  { title: "what is due is looked at", outcome: "published", now: { isDue: true }, stands: undefined },
  {
    title: "what was rolled back meanwhile is looked at",
    outcome: "published",
    now: { record: { ...record, release: "0-00000000" } },
    stands: undefined,
  },
  {
    title: "what another process scanned meanwhile is looked at",
    outcome: "rejected",
    now: { look: { ...look, known: { ...known, revision: "r2" } } },
    stands: undefined,
  },
  {
    title: "what nobody knows yet is left alone",
    outcome: "published",
    now: { look: { ...look, known: undefined } },
    stands: "waiting",
  },
])("$title", ({ outcome, now, stands }) => {
  expect(standing(packReport({ outcome }), now)).toBe(stands);
});

test("before the first cycle, and with one about everything, all is looked at", () => {
  const { attention } = createStanding();
  expect(attention({ isDue: () => false, isPatient: () => false }).standing(look, record)).toBeUndefined();
  expect(EVERYTHING.standing(look, record)).toBeUndefined();
  expect(EVERYTHING.isDue("packs", "core")).toBe(true);
});
