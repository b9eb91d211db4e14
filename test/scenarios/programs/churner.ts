// One of several that change packs at random, all at the same time: node churner.ts <root> <index> <seed>
import { appendFileSync, chmodSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { manifest, pack } from "../support/packs.ts";
import { makeTree } from "../support/tree.ts";
import { refsOf, SOURCES } from "./churned.ts";
import { seededRandom } from "./generation.ts";
import { serve } from "./serve.ts";

/**
 * `churn`: so many operations, with a rest of up to so many milliseconds after each. `mend`: whatever is broken or away is
 * whole again. `end`: one change to each of its packs, a while apart, and one pack is broken for good.
 */
export type ChurnOrder =
  | { readonly kind: "churn"; readonly operations: number; readonly restMs: number }
  | { readonly kind: "mend" }
  | { readonly kind: "end"; readonly restMs: number };

/** What was done. `broken`: refs of packs that are refused now. */
export interface Churned {
  readonly done: number;
  readonly failed: number;
  readonly broken: readonly string[];
}

const [root = "", index = "0", seed = "1"] = process.argv.slice(2);
const random = seededRandom(Number(seed) * 1000 + Number(index));
const own = refsOf(Number(index));
const all = [0, 1, 2].flatMap(refsOf);
const aside = `${root}/packs/.aside-${index}`; // neither looked at nor watched, on the same file system
let [done, failed, written] = [0, 0, 0];

const below = (count: number): number => Math.floor(random() * count);
const oneOf = <T>(items: readonly T[]): T | undefined => items[below(items.length)];
const text = (): string => `${index}.${++written} `.repeat(1 + below(400));

function placesOf(ref: string): string[] {
  return SOURCES.flatMap((source) => [`${root}/${source}/${ref}`, `${root}/${source}/${ref}_moved`]);
}

/** Where a pack is now: nobody but its owner moves it, but it may move while another one writes into it. */
function homeOf(ref: string): string | undefined {
  return placesOf(ref).find((place) => existsSync(`${place}/pack.yaml`));
}

/** @throws when it is away */
function homeOfAny(refs: readonly string[]): string {
  const home = homeOf(oneOf(refs) ?? "");
  if (home === undefined) throw new Error("it is away");
  return home;
}

/** In a directory that is made if need be, but never one for a pack that has moved. */
function anyFile(): string {
  const path = `${homeOfAny(all)}/${oneOf(["README.md", "lib/a.txt", "lib/b.txt", "lib/deep/c.txt", "etc/d"])}`;
  const [above, twoAbove] = [dirname(path), dirname(dirname(path))];
  if (path.includes("/lib/deep/") && !existsSync(twoAbove)) mkdirSync(twoAbove);
  if (!existsSync(above)) mkdirSync(above);
  return path;
}

function replace(path: string, content: string, mode = 0o644): void {
  rmSync(aside, { force: true }); // one that could not be moved has its own mode
  writeFileSync(aside, content, { mode });
  renameSync(aside, path);
}

async function appendInPieces(): Promise<void> {
  const path = anyFile();
  for (let piece = 0; piece < 4; piece++) {
    appendFileSync(path, text());
    await sleep(below(60));
  }
}

/** Its `pack.yaml` is half there for a moment. */
async function newVersionInPlace(): Promise<void> {
  const path = `${homeOfAny(own)}/pack.yaml`;
  const ref = /churn_\d[a-d]/.exec(path)?.[0] ?? "";
  const content = manifest(ref, `1.${++written}.0`);
  writeFileSync(path, content.slice(0, below(content.length)));
  await sleep(below(40));
  writeFileSync(path, content);
}

function breakOne(ref: string): void {
  writeFileSync(`${homeOf(ref)}/actions/broken.yaml`, "name: [unclosed\n");
}

/** What was written while it was removed stands in its way. */
function clean(ref: string): void {
  for (const place of placesOf(ref))
    if (!existsSync(`${place}/pack.yaml`)) rmSync(place, { recursive: true, force: true });
}

function create(ref: string): void {
  clean(ref);
  makeTree(`${aside}.pack`, pack(ref, { "README.md": text(), lib: { "a.txt": text() } }));
  renameSync(`${aside}.pack`, `${root}/packs/${ref}`);
}

/** At most one of its packs is away, and one of the owners never takes one away: too many at once would be held. */
function removeOrCreate(): void {
  const away = own.find((ref) => homeOf(ref) === undefined);
  if (away !== undefined) create(away);
  else if (index !== "0") rmSync(homeOfAny(own), { recursive: true });
}

function movePack(): void {
  const ref = oneOf(own) ?? "";
  renameSync(homeOfAny([ref]), `${root}/${oneOf(SOURCES)}/${ref}${oneOf(["", "_moved"])}`);
}

const operations: readonly (readonly [weight: number, () => unknown])[] = [
  [12, () => writeFileSync(anyFile(), text())],
  [3, () => appendFileSync(anyFile(), text())],
  [1, appendInPieces],
  [4, () => renameSync(anyFile(), anyFile())],
  [4, () => rmSync(anyFile())],
  [2, () => rmSync(`${homeOfAny(all)}/lib`, { recursive: true })],
  [4, () => replace(anyFile(), text())],
  [3, () => chmodSync(anyFile(), oneOf([0o644, 0o755]) ?? 0)],
  [2, () => replace(`${homeOfAny(all)}/actions/echo.sh`, `#!/bin/sh\necho ${++written}\n`, 0o755)],
  [1, () => chmodSync(`${homeOfAny(all)}/actions/echo.sh`, oneOf([0o644, 0o755]) ?? 0)], // live, it is executable either way
  [1, newVersionInPlace],
  [1, () => breakOne(oneOf(own) ?? "")],
  [2, () => mend()],
  [2, removeOrCreate],
  [2, movePack],
];
const byWeight = operations.flatMap(([weight, operation]) => Array.from({ length: weight }, () => operation));

async function churn(count: number, restMs: number): Promise<void> {
  for (let each = 0; each < count; each++) {
    try {
      await oneOf(byWeight)?.();
      done++;
    } catch {
      failed++; // somebody else was faster, or there is no such file
    }
    await sleep(below(restMs));
  }
}

function mend(): void {
  for (const ref of own) {
    const home = homeOf(ref);
    if (home !== undefined) rmSync(`${home}/actions/broken.yaml`, { force: true });
  }
}

function mendAll(): void {
  mend();
  for (const ref of own) {
    clean(ref);
    if (homeOf(ref) === undefined) create(ref);
  }
}

async function end(restMs: number): Promise<readonly string[]> {
  const [broken = ""] = own;
  breakOne(broken);
  for (const ref of own) {
    replace(`${homeOf(ref)}/README.md`, text());
    await sleep(restMs);
  }
  return [broken];
}

serve(async (order: ChurnOrder): Promise<Churned> => {
  if (order.kind === "churn") await churn(order.operations, order.restMs);
  if (order.kind === "mend") mendAll();
  const broken = order.kind === "end" ? await end(order.restMs) : [];
  return { done, failed, broken };
});
