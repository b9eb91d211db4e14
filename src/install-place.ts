import { realpathSync } from "node:fs";
import { basename, dirname } from "node:path";
import type { Config } from "./config/config.ts";
import { errnoOf, PacksyncError } from "./errors.ts";
import { readPackIdentity } from "./install/pack-root.ts";
import type { PackRef } from "./pack/ref.ts";
import { INSTALLED } from "./plan/installed.ts";
import { lstatIfAny } from "./platform/absence.ts";
import type { VolumeSession } from "./volume-session.ts";

/** Where a pack stands that is to be installed. */
export type Place =
  | { readonly kind: "elsewhere" | "volume"; readonly path: string }
  | { readonly kind: "source"; readonly path: string; readonly source: string; readonly directory: string };

/** @throws PacksyncError `USAGE` for what cannot be a pack */
export function placeOf(path: string, volume: string, { sources }: Config): Place {
  const real = realOf(path);
  if (dirname(real) === volume && !basename(real).startsWith(".")) return { kind: "volume", path: real };
  if (real === volume || real.startsWith(`${volume}/`)) throw noPack(path, `a part of the volume ${volume}`);
  const source = sources.find((each) => isSame(each.path, dirname(real)));
  if (source === undefined) return { kind: "elsewhere", path: real };
  return { kind: "source", path: real, source: source.name, directory: basename(real) };
}

function realOf(path: string): string {
  try {
    return realpathSync.native(path);
  } catch (error) {
    throw noPack(path, errnoOf(error) ?? String(error));
  }
}

function isSame(source: string, directory: string): boolean {
  try {
    return realpathSync.native(source) === directory;
  } catch {
    return false; // a source that is not there has no packs
  }
}

/** In a development source a pack may lack its `pack.yaml`. */
export function isBare(path: string): boolean {
  return lstatIfAny(`${path}/pack.yaml`) === undefined;
}

/** Who it is that stands there; it may be another one by now. */
export function identify(path: string, expected: string): PackRef {
  const { ref } = readPackIdentity(path);
  if (ref !== expected) throw noPack(path, `\`${ref}\``, `\`${expected}\``);
  return ref;
}

/** @throws PacksyncError `CONFLICT` */
export function refuseConflict(
  ref: PackRef,
  mayReplace: boolean,
  { publisher, store }: VolumeSession,
  config: Config,
): void {
  const carrier = config.sources.find(({ name, mode }) => {
    return (
      mode !== "mounted" &&
      store
        .known(name)
        .values()
        .some(({ identity }) => identity?.ref === ref)
    );
  });
  if (carrier !== undefined) throw carried(ref, `the source \`${carrier.name}\` (${carrier.path})`);
  const record = publisher.packs().get(ref);
  if (record?.release !== undefined && record.source !== undefined && record.source !== INSTALLED)
    throw carried(ref, `the source \`${record.source}\``);
  if (!mayReplace && publisher.isLive(ref)) throw existsAlready(ref);
}

function noPack(path: string, got: string, expected = "a pack's directory"): PacksyncError {
  return new PacksyncError("USAGE", `Expected ${path} to be ${expected}, got ${got}.`, {
    hint: "Name the directory that has the `pack.yaml`.",
  });
}

function existsAlready(ref: string): PacksyncError {
  return new PacksyncError("CONFLICT", `Pack '${ref}' already exists. Use force=true to reinstall.`, {
    hint: "On the command line: `--force`.",
  });
}

export function carried(ref: string, by: string): PacksyncError {
  return new PacksyncError("CONFLICT", `Expected a pack that no source carries, but \`${ref}\` is carried by ${by}.`, {
    hint: "Change it there, or take it out of there first.",
  });
}
