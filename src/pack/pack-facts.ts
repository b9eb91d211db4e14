import type { Component, Facts } from "./facts.ts";
import type { Dialect } from "./identity.ts";
import type { Link } from "./links.ts";
import { ownText } from "./own-text.ts";
import type { ScriptFacts } from "./scripts.ts";

/** Everything that is remembered of a pack's files so that they need not be read again; by path relative to the pack. */
export interface PackFacts {
  /** By whose rules the definitions were judged. */
  readonly dialect: Dialect;
  /** The pack's ref when they were judged. */
  readonly pack: string | undefined;
  readonly definitions: ReadonlyMap<string, Facts>;
  readonly scripts: ReadonlyMap<string, ScriptFacts>;
}

/** Something that a pack needs of other packs. */
export interface Want extends Link {
  /** Relative to the pack. */
  readonly file: string;
}

/** What a pack is to other packs: what it has, and what it needs of them. */
export interface Outside {
  readonly dialect: Dialect;
  readonly offers: readonly Component[];
  readonly wants: readonly Want[];
}

/** @returns `undefined` while the pack's own ref is not known: then nobody can tell what is foreign. */
export function outsideOf({ dialect, pack, definitions }: PackFacts): Outside | undefined {
  if (pack === undefined) return undefined;
  const files = [...definitions];
  const isForeign = ({ to, target }: Link) => to === "pack" || (isReference(to) && packOf(target) !== pack);
  return {
    dialect,
    offers: files.flatMap(([, { defines }]) => defines.map(({ kind, ref }) => ({ kind, ref: ownText(ref) }))),
    wants: files.flatMap(([file, { links }]) => links.filter(isForeign).map((link) => wantOf(link, file))),
  };
}

function wantOf(link: Link, file: string): Want {
  return { ...link, file, target: ownText(link.target) };
}

/** What is named by a ref, and not by a path. */
export function isReference(to: Link["to"]): to is "action" | "trigger" | "sensor" {
  return to === "action" || to === "trigger" || to === "sensor";
}

/** `core.echo` is of `core`, and `pagerduty.incident.list` of `pagerduty`. */
export function packOf(ref: string): string {
  return ref.split(".", 1)[0] ?? "";
}
