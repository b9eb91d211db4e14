import fc from "fast-check";
import { expect } from "vitest";
import { parentsOf } from "../../src/pack/snapshot.ts";
import { expectEqual, foreignInodes, inHistory, inodesOf } from "./checks.ts";
import { type Command, command, syncs } from "./command.ts";
import { BINARIES, isElf, type ModelFile, SCRIPTS } from "./content.ts";
import type { How } from "./machine.ts";
import { goBack, loseDatabase, loseEverything, type Model, type Place } from "./model.ts";
import {
  begins,
  breaks,
  deletes,
  edits,
  mends,
  moves,
  overwrites,
  removesFile,
  renamesRef,
} from "./source-operations.ts";
import { put, type Tree, treeOf } from "./tree.ts";

const NAMES = ["alpha", "beta", "gamma"] as const;
const PLACES = NAMES.flatMap((name): Place[] => [`packs/${name}`, `packs.dev/${name}`]);
const REFS = NAMES.flatMap((name) => [name, `${name}2`]);
const PATHS = ["run", "lib", "lib/a", "lib/constructor", "bin/tool", "__proto__"] as const;

const anyPlace = fc.constantFrom(...PLACES);
const anyRef = fc.constantFrom(...REFS);
const anyPath = fc.constantFrom(...PATHS);
const anyHow = fc.constantFrom<How>("rename", "in place");
const anyBinary = fc.constantFrom(...BINARIES);
const anySourceFile: fc.Arbitrary<ModelFile> = fc.record({
  content: fc.oneof(fc.constantFrom("text 1", "text 2", ...SCRIPTS), anyBinary),
  mode: fc.constantFrom(0o644, 0o755),
});
const anyForeignFile: fc.Arbitrary<ModelFile> = fc.record({
  content: fc.oneof(
    fc.integer({ min: 1, max: 999 }).map((number) => `text ${number}`),
    anyBinary,
  ),
  mode: fc.constantFrom(0o644, 0o755, 0o600),
});
const anyForeignPath = fc.constantFrom(...PATHS, "pack.yaml", "triggers/a.yaml", "theirs/x");

/** All that happens, each with its share. */
export const anyCommand: readonly fc.Arbitrary<Command>[] = [
  fc.boolean().map(syncs),
  fc.constant(false).map(syncs),
  fc.constant(false).map(syncs),
  fc.tuple(anyPlace, anyPath, anySourceFile, anyHow, fc.boolean()).map((parts) => edits(...parts)),
  fc.tuple(anyPlace, anyPath, anySourceFile, anyHow, fc.boolean()).map((parts) => edits(...parts)),
  fc.tuple(anyPlace, fc.constantFrom(...PATHS, "triggers/a.yaml")).map((parts) => overwrites(...parts)),
  fc.tuple(anyPlace, anyPath).map((parts) => removesFile(...parts)),
  fc.tuple(anyPlace, anyPath, fc.constantFrom(0o644, 0o755)).map((parts) => setsMode("source", ...parts)),
  fc.tuple(anyPlace, fc.constantFrom("pack.yaml", "triggers/a.yaml")).map((parts) => breaks(...parts)),
  anyPlace.map(mends),
  anyPlace.map(renamesRef),
  fc.tuple(anyPlace, anyPlace).map((parts) => moves(...parts)),
  anyPlace.map(begins),
  anyPlace.map(deletes),
  fc.tuple(anyRef, anyForeignPath, anyForeignFile, anyHow).map((parts) => writesForeign(...parts)),
  fc.tuple(anyRef, anyForeignPath, anyForeignFile, anyHow).map((parts) => writesForeign(...parts)),
  fc.tuple(anyRef, anyForeignPath).map((parts) => removesForeign(...parts)),
  fc.tuple(anyRef, anyForeignPath, fc.constantFrom(0o644, 0o755, 0o600)).map((parts) => setsMode("volume", ...parts)),
  anyRef.map(removesLive),
  anyRef.map(goesBack),
  fc.constantFrom(-1000, -1, 1, 24, 1000).map(setsClock),
  fc.constantFrom(".packsync/state.db", ".packsync").map(loses),
];

/** Three packs to begin with: so many have to vanish at once to be held. */
export const beginning: readonly Command[] = NAMES.map((name) => begins(`packs/${name}`));

/** A sync of everything that is left to do. */
export const syncsAll = syncs(true);

function writesForeign(ref: string, path: string, file: ModelFile, how: How): Command {
  return command({
    title: `volume/${ref}/${path} = ${file.content} ${file.mode.toString(8)} (${how})`,
    isPossible: ({ volume }) => !isBlocked(path, volume.get(ref)),
    run(model, machine) {
      const tree = model.volume.get(ref) ?? treeOf([]);
      const isInPlace = how === "in place" && tree.files.has(path);
      if (!isInPlace || isWatched(ref, path, model)) model.touched.add(`volume/${ref}`);
      put(tree, path, file);
      model.volume.set(ref, tree);
      machine.write(`volume/${ref}/${path}`, file, how);
    },
  });
}

/** Foreigners write files; they make no way for them. */
function isBlocked(path: string, tree: Tree | undefined): boolean {
  return tree !== undefined && (tree.directories.has(path) || parentsOf(path).some((parent) => tree.files.has(parent)));
}

/** Where binaries are, or met, a run with nothing else to do looks, too: in place, all else is only seen with the next look. */
function isWatched(ref: string, path: string, { published }: Model): boolean {
  const { files, memory } = published.get(ref)?.ledger ?? {};
  return isElf(files?.get(path)?.content) || memory?.has(path) === true;
}

function removesForeign(ref: string, path: string): Command {
  return command({
    title: `rm volume/${ref}/${path}`,
    isPossible: ({ volume }) => volume.get(ref)?.files.has(path) === true,
    run(model, machine) {
      model.volume.get(ref)?.files.delete(path);
      model.touched.add(`volume/${ref}`);
      machine.remove(`volume/${ref}/${path}`);
    },
  });
}

function setsMode(where: "source", at: Place, path: string, mode: number): Command;
function setsMode(where: "volume", at: string, path: string, mode: number): Command;
function setsMode(where: "source" | "volume", at: string, path: string, mode: number): Command {
  const name = where === "source" ? at : `volume/${at}`;
  const treeIn = ({ sources, volume }: Model) => (where === "source" ? sources.get(at as Place) : volume.get(at));
  return command({
    title: `chmod ${mode.toString(8)} ${name}/${path}`,
    isPossible: (model) => treeIn(model)?.files.has(path) === true,
    run(model, machine) {
      const tree = treeIn(model);
      const file = tree?.files.get(path);
      if (tree === undefined || file === undefined) return;
      tree.files.set(path, { ...file, mode });
      if (where === "source" || (file.mode !== mode && isWatched(at, path, model))) model.touched.add(name);
      machine.setMode(`${name}/${path}`, mode);
    },
  });
}

function removesLive(ref: string): Command {
  return command({
    title: `rm -r volume/${ref}`,
    isPossible: ({ volume }) => volume.has(ref),
    run(model, machine) {
      model.volume.delete(ref);
      model.touched.add(`volume/${ref}`);
      machine.remove(`volume/${ref}`);
    },
  });
}

function goesBack(ref: string): Command {
  return command({
    title: `rollback ${ref}; unpin ${ref}`,
    isPossible: ({ published }) => published.has(ref),
    async run(model, machine) {
      const [before, stamps] = [foreignInodes(model, machine), machine.stamps()];
      const went = await machine.goBack(ref);
      if (went === undefined) return expect(machine.stamps()).toEqual(stamps);
      const known = model.displaced.length;
      expect(goBack(ref, went.to, inHistory(ref, machine), model)).toBe(went.returned);
      const madeRoom = new Set(model.displaced.slice(known).map(({ path }) => `${ref}/${path}`));
      expectEqual(
        model,
        machine,
        new Map([...inodesOf(machine), ...[...before].filter(([path]) => !madeRoom.has(path))]),
      );
    },
  });
}

function setsClock(hoursAhead: number): Command {
  return command({
    title: `clock ${hoursAhead} h ahead`,
    isPossible: () => true,
    run(model, machine) {
      model.isClockBehind = hoursAhead < 0;
      machine.setClock(hoursAhead);
    },
  });
}

function loses(path: string): Command {
  return command({
    title: `rm -r volume/${path}`,
    isPossible: ({ published, known }) => published.size + known.size > 0,
    run(model, machine) {
      if (path === ".packsync") loseEverything(model);
      else loseDatabase(model);
      machine.remove(`volume/${path}`);
    },
  });
}
