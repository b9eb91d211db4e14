import type { PackRef } from "../pack/ref.ts";
import { inDependencyOrder } from "./order.ts";

interface Needing {
  readonly ref: PackRef;
  readonly dependencies: readonly string[];
}

type Needs = ReadonlyMap<string, readonly string[]>;

/**
 * The order in which packs may be installed: each after those it needs. Packs that need each other in a circle come
 * together, in the order of their names.
 */
export function installOrder(packs: readonly Needing[]): string[] {
  return circlesOf(packs).flat();
}

/**
 * Rounds in which packs need each other, without end: each one needs the next, the last one the first, which has the
 * smallest name. Whatever reaches itself is in one at least, nothing else is.
 */
export function roundsOf(packs: readonly Needing[]): string[][] {
  const needs = needsOf(packs);
  return circlesOf(packs).flatMap((circle) => {
    const within = new Set(circle);
    const rounds: string[][] = [];
    for (const ref of circle) {
      if (rounds.some((round) => round.includes(ref))) continue;
      const round = shortestRound(ref, needs, within);
      if (round !== undefined) rounds.push(smallestFirst(round));
    }
    return rounds;
  });
}

/** Packs that reach each other, sorted; a circle after those it needs. Kosaraju's way: the finish order, then backwards. */
function circlesOf(packs: readonly Needing[]): string[][] {
  const finished = inDependencyOrder(packs).map(({ ref }) => ref);
  const neededBy = reversed(needsOf(packs));
  const seen = new Set<string>();
  const circles: string[][] = [];
  for (const first of finished.toReversed()) {
    if (!seen.has(first)) circles.push(reachable(first, neededBy, seen).sort());
  }
  return circles.reverse();
}

/** Only what is there counts. */
function needsOf(packs: readonly Needing[]): Needs {
  const refs = new Set<string>(packs.map(({ ref }) => ref));
  return new Map(packs.map(({ ref, dependencies }) => [ref, dependencies.filter((each) => refs.has(each))]));
}

function reversed(needs: Needs): Needs {
  const back = new Map<string, string[]>();
  for (const [ref, dependencies] of needs) {
    for (const needed of dependencies) {
      const known = back.get(needed);
      if (known === undefined) back.set(needed, [ref]);
      else known.push(ref);
    }
  }
  return back;
}

function reachable(first: string, edges: Needs, seen: Set<string>): string[] {
  seen.add(first);
  const found = [first];
  for (const each of found) {
    for (const next of edges.get(each) ?? []) {
      if (seen.has(next)) continue;
      seen.add(next);
      found.push(next);
    }
  }
  return found;
}

/** From a pack to itself; `undefined`: it does not need itself in any way. */
function shortestRound(ref: string, needs: Needs, within: ReadonlySet<string>): string[] | undefined {
  const ways: string[][] = [[ref]];
  const seen = new Set<string>();
  for (const way of ways) {
    for (const next of [...(needs.get(way.at(-1) ?? "") ?? [])].sort()) {
      if (next === ref) return way;
      if (seen.has(next) || !within.has(next)) continue;
      seen.add(next);
      ways.push([...way, next]);
    }
  }
  return undefined;
}

function smallestFirst(round: readonly string[]): string[] {
  const start = round.indexOf([...round].sort()[0] ?? "");
  return [...round.slice(start), ...round.slice(0, start)];
}
