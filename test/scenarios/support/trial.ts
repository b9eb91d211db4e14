import { existsSync } from "node:fs";
import { expect } from "vitest";
import { createEngine } from "../programs/engine.ts";
import { scratchInMemory, startCommand } from "../programs/start.ts";
import { disorderIn } from "../programs/volume.ts";
import type { Bundle } from "./bundle.ts";
import { type Call, runInjected, type Traced, traceCalls } from "./calls.ts";
import type { Operation } from "./operations.ts";
import { treeOf } from "./tree.ts";

type Live = Readonly<Record<string, Readonly<Record<string, string>>>>;

/*
 * Trials are in memory, where the machine lets us: the calls are the same ones as on a disk, a process that dies leaves the
 * same behind, and half of the time went into waiting for the disk.
 */

/** An operation that was run once undisturbed: what is to be found before and after it, and all that it calls. */
export interface Reference {
  readonly before: Live;
  readonly after: Live;
  readonly calls: readonly Call[];
}

export async function refer(operation: Operation, bundle: Bundle): Promise<Reference> {
  using directory = scratchInMemory();
  const root = directory.path;
  await operation.arrange(root);
  return await observe(root, operation, bundle);
}

/** Runs the operation in a directory where all is arranged. */
export async function observe(root: string, operation: Operation, bundle: Bundle): Promise<Reference> {
  const refs = refsIn(root);
  const before = liveOf(root, refs);
  const calls = await traceCalls(traced(root, operation, bundle));
  return { before, after: liveOf(root, refs), calls };
}

/**
 * Runs the operation with `effect` at one of its calls. Whatever that does: every pack is whole, the old one or the new one;
 * `status` works; the next run brings all into order, and the one after it has nothing to do.
 *
 * @returns how the disturbed run ended
 */
export async function disturb(operation: Operation, call: Call, effect: string, about: Reference, bundle: Bundle) {
  using directory = scratchInMemory();
  const root = directory.path;
  await operation.arrange(root);
  const disturbed = await runInjected(traced(root, operation, bundle), call, effect);
  const where = `${effect} at ${call.text} (${call.nth})`;
  expect(disturbed.text, where).toBe(call.text);

  const found = await expectWhole(root, about, operation, where);
  await expectOrderAfterNext(root, operation, wantedAfterNext(about, operation, found), bundle, where);
  if (operation.again !== undefined) await expectDoneBy(operation.again, root, about.after, bundle, where);
  return disturbed;
}

/** What the next run may make of what it finds. */
export function wantedAfterNext(
  { before, after }: Reference,
  { next }: Operation,
  found: Live,
): readonly [Live, ...Live[]] {
  if (next.completes === "begun") return [before, after];
  return [next.completes ? after : found];
}

/** Catalogs and volume agree; once more, and all is done. */
async function expectDoneBy(again: readonly string[], root: string, wanted: Live, bundle: Bundle, where: string) {
  for (const args of [["verify"], again]) {
    const { exitCode, stdout, stderr } = await startCommand(root, bundle.command(...args)).ended;
    expect(exitCode, `${args[0]} after ${where}: ${stdout} ${stderr}`).toBe(0);
  }
  expect(liveOf(root, Object.keys(wanted)), `once more after ${where}`).toEqual(wanted);
  expect(disorderIn(`${root}/volume`, Object.keys(wanted)), `litter once more after ${where}`).toEqual([]);
}

export function traced(root: string, { args, refused }: Operation, bundle: Bundle): Traced {
  return { root, command: bundle.command(...args), refused };
}

/** Each pack by itself: they do not change at one instant. */
export async function expectWhole(root: string, { before, after }: Reference, { refused }: Operation, where: string) {
  const found = liveOf(root, Object.keys(before));
  for (const [ref, tree] of Object.entries(found)) {
    const isBetweenTwoRenames = refused === "renameat2" && Object.keys(tree).length === 0;
    if (!isBetweenTwoRenames) expect([before[ref], after[ref]], `${ref} after ${where}`).toContainEqual(tree);
  }
  const engine = await createEngine(root);
  await expect(engine.status(), `status after ${where}`).resolves.not.toThrow();
  return found;
}

/** @param wanted each pack is as in one of these */
export async function expectOrderAfterNext(
  root: string,
  { next }: Operation,
  wanted: readonly [Live, ...Live[]],
  bundle: Bundle,
  where: string,
): Promise<void> {
  const { exitCode, stderr } = await startCommand(root, bundle.command(...next.args)).ended;
  expect(exitCode, `the run after ${where}: ${stderr}`).toBe(0);
  const found = liveOf(root, Object.keys(wanted[0]));
  for (const [ref, tree] of Object.entries(found))
    expect(
      wanted.map((each) => each[ref]),
      `${ref}: the run after ${where}`,
    ).toContainEqual(tree);
  const engine = await createEngine(root);
  const { packs } = await engine.sync();
  expect(
    packs.filter(({ outcome }) => outcome !== "unchanged"),
    `the run after the run after ${where}`,
  ).toEqual([]);
  const live = Object.keys(found).filter((ref) => found[ref]?.["pack.yaml"] !== undefined);
  expect(disorderIn(`${root}/volume`, live), `litter after ${where}`).toEqual([]);
}

/** All that may be live before or after. */
function refsIn(root: string): string[] {
  const names = [`${root}/packs`, `${root}/elsewhere`, `${root}/volume`].flatMap((path) =>
    existsSync(path) ? Object.keys(treeOf(path)) : [],
  );
  return [...new Set(names.flatMap((path) => (/^[a-z]/.test(path) ? (path.split("/")[0] ?? []) : [])))].sort();
}

/** Every entry with its mode and bytes; of a pack that is not there: none. */
function liveOf(root: string, refs: readonly string[]): Live {
  const treeAt = (path: string) => (existsSync(path) ? treeOf(path) : {});
  return Object.fromEntries(refs.map((ref) => [ref, treeAt(`${root}/volume/${ref}`)]));
}
