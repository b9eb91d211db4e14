import { expect } from "vitest";
import { bytesOf, contentOf, type ModelFile } from "./content.ts";
import { owns } from "./expectation.ts";
import type { Machine } from "./machine.ts";
import { type Model, sync } from "./model.ts";

/** The same of what is others'. */
export function foreignInodes(model: Model, machine: Machine): ReadonlyMap<string, number> {
  const theirs = new Set(foreignFiles(model));
  return new Map([...inodesOf(machine)].filter(([path]) => theirs.has(path)));
}

/** Path in the volume → inode, of every file. */
export function inodesOf(machine: Machine): ReadonlyMap<string, number> {
  const files = [...machine.entries("volume")].filter(([, { kind }]) => kind === "file");
  return new Map(files.map(([path, { inode }]) => [path, inode]));
}

/** The volume is what the model is: nothing is missing, nothing is too much, and what was displaced is in history. */
export function expectEqual(model: Model, machine: Machine, inodesBefore: ReadonlyMap<string, number>): void {
  const entries = machine.entries("volume");
  const real = Array.from(entries, ([path, { kind, mode, bytes }]): [string, string] => {
    return [path, kind === "directory" ? kind : `${mode.toString(8)} ${bytes.toString("latin1")}`];
  });
  expect(Object.fromEntries(real.sort(byPath))).toEqual(expectedEntries(model));
  for (const path of foreignFiles(model)) {
    expect(entries.get(path)?.inode, `${path} is the very file that its owner wrote`).toBe(inodesBefore.get(path));
  }
  for (const { ref, path, content } of model.displaced) {
    expect(machine.hasInHistory(ref, path, bytesOf(content)), `${ref}/${path}: ${content} is in history`).toBe(true);
  }
}

function expectedEntries({ volume }: Model): Record<string, string> {
  const all = [...volume].flatMap(([ref, tree]) => [
    [ref, "directory"] as const,
    ...Array.from(tree.directories, (path) => [`${ref}/${path}`, "directory"] as const),
    ...Array.from(tree.files, ([path, { content, mode }]) => {
      return [`${ref}/${path}`, `${mode.toString(8)} ${Buffer.from(bytesOf(content)).toString("latin1")}`] as const;
    }),
  ]);
  return Object.fromEntries(all.sort(byPath));
}

function byPath([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : 1;
}

/** What the ledger does not own, which includes every binary that was preserved. */
function foreignFiles({ volume, published }: Model): string[] {
  return [...volume].flatMap(([ref, { files }]) => {
    const ledger = published.get(ref)?.ledger;
    const theirs = [...files].filter(([path, file]) => ledger === undefined || !owns(ledger, path, file));
    return theirs.map(([path]) => `${ref}/${path}`);
  });
}

/** What a pack has now that history has, too: among these are the files of others that came back with a release. */
export function inHistory(ref: string, machine: Machine): Map<string, ModelFile> {
  const found = [...machine.entries(`volume/${ref}`)].flatMap(([path, { kind, mode, bytes }]) => {
    const isThere = kind === "file" && machine.hasInHistory(ref, path, bytes);
    return isThere ? [[path, { content: contentOf(bytes), mode }] as const] : [];
  });
  return new Map(found);
}

/** Another sync says so of every pack, and does not write a byte. */
export async function expectNothingToDo(model: Model, machine: Machine, allowRemovals: boolean): Promise<void> {
  const before = machine.stamps();
  const expected = sync(model, allowRemovals);
  expect(
    expected.filter((line) => !/: (unchanged|rejected|held)$/.test(line)),
    "the model's own idempotence",
  ).toEqual([]);
  expect(await machine.sync(allowRemovals)).toEqual(expected);
  expect(machine.stamps()).toEqual(before);
}
