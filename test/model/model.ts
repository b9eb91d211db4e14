import type { Outcome } from "../../src/cycle/report.ts";
import type { Content } from "./content.ts";
import { afterPublish, type Ledger, type Next, NOTHING, owns } from "./expectation.ts";
import { listing, put, type Tree, treeOf } from "./tree.ts";

/** A pack's directory in a source: `packs/alpha`. */
export type Place = `${"packs" | "packs.dev"}/${string}`;

/** What packsync has published of a ref; `from` is undefined once it is retired, `last` is where it came from then. */
interface Publication {
  readonly from: Place | undefined;
  readonly last: Place;
  readonly ledger: Ledger;
  /** Of its newest release. */
  readonly number: number;
}

/** A file of somebody else that packsync replaced: history has it for good. */
interface Displaced {
  readonly ref: string;
  readonly path: string;
  readonly content: Content;
}

/** Everything a volume depends on. */
export interface Model {
  readonly sources: Map<Place, Tree>;
  readonly volume: Map<string, Tree>;
  readonly published: Map<string, Publication>;
  /** What packsync published with each release: `<ref> <number>`. */
  readonly releases: Map<string, Tree>;
  /** Places that were scanned, and who they were then. */
  readonly known: Map<Place, string | undefined>;
  /** Places and packs of the volume, `volume/<ref>`, where the next sync has to look again: a stamp says so. */
  readonly touched: Set<string>;
  displaced: Displaced[];
  /** Whether the clock is behind the stamps of the files: then none of these can be trusted. */
  isClockBehind: boolean;
}

export function emptyModel(): Model {
  const known = { known: new Map(), touched: new Set<string>(), displaced: [] };
  const releases = { published: new Map(), releases: new Map() };
  return { sources: new Map(), volume: new Map(), ...releases, ...known, isClockBehind: false };
}

/** A pack as people begin it. */
export function freshPack(ref: string): Tree {
  const tree = treeOf([]);
  put(tree, "pack.yaml", { content: `manifest ${ref}`, mode: 0o644 });
  put(tree, "triggers/a.yaml", { content: "definition 1", mode: 0o644 });
  return tree;
}

/** Does to the model what a sync has to do to the volume. @returns what it has to report: `<ref>: <outcome>`, sorted. */
export function sync(model: Model, allowRemovals: boolean): string[] {
  for (const place of [...model.known.keys()]) if (!model.sources.has(place)) model.known.delete(place);
  const claims = [...model.sources.keys()].map((place) => ({ place, ref: claimOf(place, model) }));
  const before = new Map(model.published);
  const reports = new Map<Place, Outcome>();
  const said: string[] = [];
  for (const [ref, claimants] of Map.groupBy(claims, (claim) => claim.ref)) {
    const inOrder = ref === undefined ? claimants : claimants.toSorted(laterSourceFirst);
    for (const { place } of inOrder) {
      const outcome = ref === undefined ? reject(place, model) : settle(ref, place, model);
      reports.set(place, outcome);
      said.push(`${ref ?? nameOf(place)}: ${outcome}`);
      if (ref === undefined) continue;
      if (outcome !== "rejected" || sourceOf(before.get(ref)?.from) === sourceOf(place)) break;
    }
  }
  const left = [...before].filter(
    ([ref, { from }]) => from !== undefined && !claims.some((claim) => claim.ref === ref),
  );
  for (const [ref, { from }] of left) {
    if (from === undefined) continue;
    const isHeld = !allowRemovals && holds(sourceOf(from), before, left, model);
    if (isHeld) said.push(`${ref}: held`);
    else if (reports.get(from) !== "rejected") said.push(`${ref}: ${retire(ref, model)}`);
  }
  return said.sort();
}

/** Of each source there is only one: refs are made from the names of directories. */
function laterSourceFirst({ place }: { readonly place: Place }): number {
  return sourceOf(place) === "packs.dev" ? -1 : 1;
}

function claimOf(place: Place, model: Model): string | undefined {
  return identityOf(place, model) ?? liveFrom(model).get(place);
}

/** What it says, or said when somebody looked last; where nobody knows that any more, what is live of it. */
function identityOf(place: Place, model: Model): string | undefined {
  const { sources, known } = model;
  return refIn(sources.get(place)) ?? (known.has(place) ? known.get(place) : liveFrom(model).get(place));
}

/** A renamed pack that is held shares its directory with its successor: the last in the alphabet counts. */
function liveFrom({ published }: Model): ReadonlyMap<Place, string> {
  const live = [...published].flatMap(([ref, { from }]) => (from === undefined ? [] : [[from, ref] as const]));
  return new Map(live.sort(([, a], [, b]) => (a < b ? -1 : 1)));
}

function refIn(tree: Tree | undefined): string | undefined {
  return /^manifest (.*)$/.exec(tree?.files.get("pack.yaml")?.content ?? "")?.[1];
}

/** Somebody looks at a place: who it is is known from then on. */
function look(place: Place, model: Model): void {
  model.known.set(place, identityOf(place, model));
  if (model.isClockBehind) model.touched.add(place);
  else model.touched.delete(place);
}

function reject(place: Place, model: Model): Outcome {
  look(place, model);
  return "rejected";
}

function settle(ref: string, place: Place, model: Model): Outcome {
  const tree = model.sources.get(place) ?? treeOf([]);
  const isLiveFrom = model.published.get(ref)?.from === place;
  const isSettled = isLiveFrom && !model.touched.has(place) && !model.touched.has(`volume/${ref}`);
  const isBroken = [...tree.files.values()].some(({ content }) => content.startsWith("broken"));
  if (isBroken || refIn(tree) === undefined) return reject(place, model);
  if (isSettled && model.known.has(place)) return "unchanged";
  look(place, model);
  model.touched.delete(`volume/${ref}`);
  return publish(ref, place, tree, model);
}

function publish(ref: string, from: Place, tree: Tree, model: Model): Outcome {
  const before = model.published.get(ref);
  const live = model.volume.get(ref);
  const next = afterPublish(tree, live ?? treeOf([]), before?.ledger ?? NOTHING);
  keepDisplaced(ref, next.displaced, model);
  model.volume.set(ref, next.tree);
  const isNew = before?.from === undefined || live === undefined;
  const isOther = isNew || !isSame(live, next.tree) || isOwnerOther(before.ledger, next);
  const ledger = isOther ? next.ledger : { ...before.ledger, memory: next.ledger.memory };
  record(ref, { from, last: from, ledger }, isOther, model);
  return isOther ? "published" : "unchanged";
}

function retire(ref: string, model: Model): Outcome {
  const live = model.volume.get(ref) ?? treeOf([]);
  const next = afterPublish(treeOf([]), live, model.published.get(ref)?.ledger ?? NOTHING);
  keepDisplaced(ref, next.displaced, model);
  if (next.tree.files.size + next.tree.directories.size === 0) model.volume.delete(ref);
  else model.volume.set(ref, next.tree);
  const last = model.published.get(ref)?.last ?? "packs/";
  record(ref, { from: undefined, last, ledger: next.ledger }, true, model);
  return "retired";
}

/** Numbers go on, whatever happens. */
function record(ref: string, what: Omit<Publication, "number">, isRelease: boolean, model: Model): void {
  const number = (model.published.get(ref)?.number ?? 0) + (isRelease ? 1 : 0);
  model.published.set(ref, { ...what, number });
  if (isRelease) model.releases.set(`${ref} ${number}`, treeOf(what.ledger.files, what.ledger.directories));
}

/**
 * An earlier release is live again, and nobody waits for the source to change; of release 0 all is others'. What others
 * have stays. Where there is room, what of theirs had made room `mayComeBack`. @returns how many files did
 */
export function goBack(ref: string, to: number, mayComeBack: Tree["files"], model: Model): number {
  const { last, ledger } = model.published.get(ref) ?? { last: "packs/" as const, ledger: NOTHING };
  const next = afterPublish(
    model.releases.get(`${ref} ${to}`) ?? treeOf([]),
    model.volume.get(ref) ?? treeOf([]),
    ledger,
  );
  keepDisplaced(ref, next.displaced, model);
  const { files, directories } = next.tree;
  const theirs = [...mayComeBack].filter(([path]) => !files.has(path));
  model.volume.set(ref, treeOf([...files, ...theirs], directories));
  const memory = mergedMemory(ledger, next.ledger);
  record(ref, { from: last, last, ledger: { ...next.ledger, memory } }, true, model);
  model.touched.add(`volume/${ref}`);
  return theirs.length;
}

/** What is known of the source stays true: it did not change. */
function mergedMemory({ memory: before }: Ledger, { memory: now }: Ledger): Ledger["memory"] {
  const merged = [...new Set([...before.keys(), ...now.keys()])].map((path) => {
    const replaced = now.get(path)?.replaced;
    return [path, { ...now.get(path), ...before.get(path), ...(replaced && { replaced }) }] as const;
  });
  return new Map(merged);
}

function keepDisplaced(ref: string, displaced: ReadonlyMap<string, Content>, model: Model): void {
  for (const [path, content] of displaced) model.displaced.push({ ref, path, content });
}

function isSame(a: Tree, b: Tree): boolean {
  return JSON.stringify(listing(a)) === JSON.stringify(listing(b));
}

/** Whether a file became ours that was not, or the last release has what is nowhere any more. */
function isOwnerOther(before: Ledger, { ledger, tree }: Next): boolean {
  const isNew = [...ledger.files].some(([path, file]) => !owns(before, path, file));
  return (
    isNew ||
    ![...before.files.keys()].every((path) => tree.files.has(path)) ||
    !before.directories.isSubsetOf(tree.directories)
  );
}

type Left = readonly (readonly [string, Publication])[];

/** Guarantee 9: a production source that is suddenly empty, and three or more and most packs of one source at once. */
function holds(source: string, before: ReadonlyMap<string, Publication>, left: Left, { sources }: Model): boolean {
  const isOf = (place: Place | undefined) => place !== undefined && sourceOf(place) === source;
  const had = [...before.values()].filter(({ from }) => isOf(from)).length;
  const vanished = left.filter(([, { from }]) => from !== undefined && isOf(from) && !sources.has(from)).length;
  if (vanished === 0) return false;
  const isEmptied = source === "packs" && ![...sources.keys()].some(isOf);
  return isEmptied || (vanished >= 3 && vanished * 2 > had);
}

/** `state.db` is lost: who is live, and from where, the manifests know. */
export function loseDatabase(model: Model): void {
  model.known.clear();
  touchAll(model);
}

/** `.packsync` is lost: nothing is known of what is live, and history is gone. */
export function loseEverything(model: Model): void {
  model.known.clear();
  model.published.clear();
  model.releases.clear();
  model.displaced = [];
  touchAll(model);
}

function touchAll({ sources, volume, touched }: Model): void {
  for (const place of sources.keys()) touched.add(place);
  for (const ref of volume.keys()) touched.add(`volume/${ref}`);
}

function sourceOf(place: Place | undefined): string {
  return place?.split("/")[0] ?? "";
}

export function nameOf(place: Place): string {
  return place.split("/")[1] ?? "";
}
