import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { asPackRef, type PackRef } from "../pack/ref.ts";
import { lstatIfAny } from "../platform/absence.ts";
import { adopt, adoptTree, type Owner } from "../platform/ownership.ts";
import { syncFileSystem } from "../platform/syscalls.ts";
import { removeFile, removeTree } from "./directories.ts";
import type { VolumeLayout } from "./layout.ts";

/**
 * The directories of installed packs, `.packsync/installed/<ref>`, and what an installation under way keeps to be able to take itself back:
 *
 * ```
 * .packsync/installing/<ref>/next/      the pack while it is copied
 * .packsync/installing/<ref>/before     what was live before it took its place; from then on it counts
 * .packsync/installing/<ref>/previous/  what was installed before
 * .packsync/installing/<ref>/leaving    it is being uninstalled: `next` is what was installed
 * .packsync/installing/<ref>/live       it is live: whoever asked for it says whether it stays
 * ```
 *
 * All under the volume's lock.
 */
export function installedPath({ own }: VolumeLayout): string {
  return `${own}/installed`;
}

/** Beside an installed pack: it was published although validation had errors. No pack's name begins with a dot. */
function uncheckedPath(layout: VolumeLayout, ref: string): string {
  return `${installedPath(layout)}/.unchecked.${ref}`;
}

function installingPath({ own }: VolumeLayout, ref: string): string {
  return `${own}/installing/${ref}`;
}

export function isInstalled(layout: VolumeLayout, ref: PackRef): boolean {
  return lstatIfAny(`${installedPath(layout)}/${ref}`) !== undefined;
}

/** Whether errors do not keep this pack from being published: whoever installed it said so. */
export function isUnchecked(layout: VolumeLayout, ref: string): boolean {
  return existsSync(uncheckedPath(layout, ref));
}

/** What an installation finds when it begins. */
interface Before {
  /** The live release; not there: none. */
  readonly release?: string | undefined;
  readonly unchecked: boolean;
}

/**
 * Begins an installation: whatever an earlier one of this pack kept is gone.
 *
 * @returns where the pack is to be copied to
 */
export function beginInstall(layout: VolumeLayout, ref: PackRef, owner: Owner | undefined): string {
  const path = installingPath(layout, ref);
  removeTree(path);
  for (const directory of [installedPath(layout), `${layout.own}/installing`, path])
    if (mkdirSync(directory, { recursive: true, mode: 0o750 }) !== undefined) adopt(directory, owner);
  return `${path}/next`;
}

export interface Placing {
  readonly ref: PackRef;
  /** The live release. */
  readonly live: string | undefined;
  readonly isUnchecked: boolean;
}

/** What was copied is complete; what is live now is written down. It has to be on the disk before anything takes its place. */
export function noteBefore(layout: VolumeLayout, { ref, live }: Placing, owner: Owner | undefined): void {
  const path = installingPath(layout, ref);
  adoptTree(`${path}/next`, owner);
  const before: Before = { release: live, unchecked: isUnchecked(layout, ref) };
  writeFileSync(`${path}/before`, JSON.stringify(before));
  adopt(`${path}/before`, owner);
}

/** What was copied takes the place of what was installed before. It has to be on the disk before it is published. */
export function placeInstalled(
  layout: VolumeLayout,
  { ref, isUnchecked: asked }: Placing,
  owner: Owner | undefined,
): void {
  const path = installingPath(layout, ref);
  const installed = `${installedPath(layout)}/${ref}`;
  if (lstatIfAny(installed) !== undefined) renameSync(installed, `${path}/previous`);
  markUnchecked(layout, ref, asked, owner);
  renameSync(`${path}/next`, installed);
}

/** Makes durable whatever was done so far, of any number of packs. */
export function syncInstalls(layout: VolumeLayout): void {
  const fd = openSync(layout.own, "r");
  syncFileSystem(fd);
  closeSync(fd);
}

function markUnchecked(layout: VolumeLayout, ref: PackRef, wanted: boolean, owner: Owner | undefined): void {
  const path = uncheckedPath(layout, ref);
  if (!wanted) {
    removeFile(path);
    return;
  }
  writeFileSync(path, "", { mode: 0o644 });
  adopt(path, owner);
}

/** The pack went live. Whoever asked for it settles it, with the next request perhaps. */
export function noteLive(layout: VolumeLayout, ref: PackRef, owner: Owner | undefined): void {
  const path = `${installingPath(layout, ref)}/live`;
  writeFileSync(path, "");
  adopt(path, owner);
}

/** It is settled: nothing of it can be taken back any more. */
export function keepInstalled(layout: VolumeLayout, ref: PackRef): void {
  removeTree(installingPath(layout, ref));
}

/**
 * Puts back what was installed before, or nothing.
 *
 * @returns what was live then; `undefined`: no installation is under way
 */
export function putBack(
  layout: VolumeLayout,
  ref: PackRef,
  owner: Owner | undefined,
): { readonly release: string | undefined } | undefined {
  const path = installingPath(layout, ref);
  const before = beforeOf(path);
  if (before === undefined) return undefined;
  const installed = `${installedPath(layout)}/${ref}`;
  const wasPlaced = lstatIfAny(`${path}/next`) === undefined;
  const wasMoved = lstatIfAny(`${path}/previous`) !== undefined;
  if (wasPlaced && lstatIfAny(installed) !== undefined) renameSync(installed, `${path}/dropped`);
  if (wasMoved) renameSync(`${path}/previous`, installed);
  markUnchecked(layout, ref, before.unchecked, owner);
  return { release: before.release };
}

function beforeOf(path: string): Before | undefined {
  try {
    return JSON.parse(readFileSync(`${path}/before`, "utf8"));
  } catch {
    return undefined; // it was not written, or not to its end: nothing has taken its place
  }
}

/** Takes a pack out of what is installed; until it is {@link forgetInstalled} it can be put back. */
export function dropInstalled(layout: VolumeLayout, ref: PackRef, owner: Owner | undefined): void {
  const next = beginInstall(layout, ref, owner);
  const leaving = `${installingPath(layout, ref)}/leaving`;
  writeFileSync(leaving, "", { flush: true });
  adopt(leaving, owner);
  if (isInstalled(layout, ref)) renameSync(`${installedPath(layout)}/${ref}`, next);
}

/** It has left for good. */
export function forgetInstalled(layout: VolumeLayout, ref: PackRef): void {
  removeFile(uncheckedPath(layout, ref));
  keepInstalled(layout, ref);
}

/** A pack that was to leave, and is live all the same, is installed again. */
export function putBackLeaving(layout: VolumeLayout, ref: PackRef): void {
  const path = installingPath(layout, ref);
  const isLeaving = existsSync(`${path}/leaving`) && lstatIfAny(`${path}/next`) !== undefined;
  if (isLeaving && !isInstalled(layout, ref)) renameSync(`${path}/next`, `${installedPath(layout)}/${ref}`);
  keepInstalled(layout, ref);
}

/**
 * After a run that died: an installation whose pack went live is done, any other is taken back, as is the leaving of a pack that is live. One that waits to be settled is left alone, for
 * an hour: then whoever should have done it is gone, and it stays.
 *
 * @param live the live release of a pack
 * @returns the packs whose installation was taken back
 */
export function recoverInstalls(
  layout: VolumeLayout,
  live: (ref: PackRef) => string | undefined,
  owner: Owner | undefined,
  now: number,
): readonly PackRef[] {
  const refs = namesIn(`${layout.own}/installing`).flatMap((name) => asPackRef(name) ?? []);
  return refs.filter((ref) => {
    const noted = lstatIfAny(`${installingPath(layout, ref)}/live`);
    if (noted !== undefined && now - noted.mtimeMs < SETTLE_MS) return false;
    const before = beforeOf(installingPath(layout, ref));
    const isLive = noted !== undefined || (before !== undefined && before.release !== live(ref));
    if (!isLive) putBack(layout, ref, owner);
    if (live(ref) !== undefined) putBackLeaving(layout, ref);
    else keepInstalled(layout, ref);
    return before !== undefined && !isLive;
  });
}

const SETTLE_MS = 3_600_000;

function namesIn(path: string): readonly string[] {
  return lstatIfAny(path) === undefined ? [] : readdirSync(path);
}
