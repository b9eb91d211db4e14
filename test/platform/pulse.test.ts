import { mkdirSync } from "node:fs";
import { expect, test } from "vitest";
import { createCyclesMemory, cycleAbout } from "../../src/cycles.ts";
import { createPulse, lastBeatMs } from "../../src/platform/pulse.ts";
import { beatingSink } from "../../src/publish/staging.ts";
import { restingScanner } from "../../src/threaded-scanner.ts";
import { keepVolume } from "../../src/volume-session.ts";
import { silent, testConfig } from "../support/sync.ts";
import { scratch, writeTree } from "../support/trees.ts";

test("each file that is written while a pack is read is a sign of life, and so is each piece of a large one", () => {
  using directory = scratch();
  const pulse = createPulse();
  const place = { root: `${directory.path}/next`, volume: directory.path, minFreeBytes: 0, owner: undefined };
  const sink = beatingSink(pulse)(place);
  const signs: number[] = [lastBeatMs(pulse)];
  const look = (work: () => void): void => {
    work();
    signs.push(lastBeatMs(pulse));
  };
  look(() => sink.write("a", 0o644, Buffer.from("a")));
  look(() => sink.write("b", 0o644, Buffer.from("b")));
  const large = sink.begin("c", 0o644);
  look(() => large.append(Buffer.from("one")));
  look(() => large.append(Buffer.from("two")));
  large.end();
  expect(signs).toEqual([...new Set(signs)].sort((a, b) => a - b));
  expect(signs[0]).toBe(0);
  expect([...sink.written.keys()]).toEqual(["a", "b", "c"]);
});

test("the daemon's cycles show that they get on, also by the thread that scans beside", async () => {
  using directory = scratch();
  const config = testConfig(directory.path);
  const refs = Array.from({ length: 30 }, (_, index) => `pack_${index}`);
  const files = refs.map((ref) => [`packs/${ref}/pack.yaml`, `ref: ${ref}\nlabel: x\nversion: 1.0.0\n`]);
  writeTree(directory.path, Object.fromEntries(files));
  mkdirSync(`${directory.path}/packs.dev`);
  const pulse = createPulse();
  await using scanning = restingScanner(config, 1000, pulse);
  using scanner = scanning.lend();
  using volume = keepVolume({ config, log: silent, doing: "test" });
  const how = { config, log: silent, scanner, onProgress: () => {}, memory: createCyclesMemory(), pulse };
  const abort = new AbortController().signal;
  const { packs } = await volume.run((session) => cycleAbout({ look: "everything" }, session, how, abort), abort);
  expect(packs.map(({ outcome }) => outcome)).toEqual(refs.map(() => "published"));
  expect(lastBeatMs(pulse)).toBeGreaterThan(0);
});
