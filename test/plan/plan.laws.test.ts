import fc from "fast-check";
import { expect, test } from "vitest";
import { entryAt, parentsOf } from "../../src/pack/snapshot.ts";
import { type Plan, planPack } from "../../src/plan/plan.ts";
import type { PackPolicy } from "../../src/plan/preserve.ts";
import { policy } from "../support/entries.ts";
import { anyLedger, anySource, anyVolume, apply, look } from "../support/plan-model.ts";

const anyPolicy = fc.constantFrom<PackPolicy>(policy, { ...policy, mode: "always" }, { ...policy, mode: "off" });

/** A source, a volume, what the ledger knows of it (truly or not), a policy, and the plan for these. */
const anyCase = fc
  .tuple(anySource, anyVolume, anyPolicy)
  .chain(([source, volume, policy]) => anyLedger(volume).map((ledger) => ({ source, volume, ledger, policy })))
  .map((given) => {
    const live = look(given.volume, given.ledger, given.source);
    return { ...given, live, plan: planPack(given.source, live, given.ledger, given.policy) };
  });
type Case = typeof anyCase extends fc.Arbitrary<infer C> ? C : never;

function law(title: string, holds: (given: Case) => void): void {
  test(title, () => {
    fc.assert(fc.property(anyCase, holds), { numRuns: 500 });
  });
}

law("is idempotent: after applying a plan there is nothing left to do", ({ source, volume, plan, policy }) => {
  const after = apply(plan, volume, source);
  const again = planPack(source, look(after.volume, after.ledger, source), after.ledger, policy);
  expect(again.altersContent).toBe(false);
  expect(again.changes.filter(({ kind }) => kind !== "carry" && kind !== "preserve")).toEqual([]);
  expect(again.directories).toEqual(plan.directories);
  expect(again.memory).toEqual(plan.memory);
});

law("loses nothing that is not ours: it is kept, carried, preserved, or displaced", ({ live, plan }) => {
  for (const [path, file] of live.files) {
    if (file.ownership === "ours") continue;
    const change = plan.changes.find((each) => each.path === path);
    if (change === undefined) {
      expect(plan.keep.get(path)?.digest).toBe(file.digest);
    } else if (change.kind === "replace" || change.kind === "remove") {
      const isSameBytes = change.kind === "replace" && change.next.digest === file.digest;
      expect(change.displaces || isSameBytes, path).toBe(true);
    }
    expect(change?.kind, path).not.toBe("add");
  }
});

law("removes or replaces what the ledger owns, and nothing else, unless it says that it displaces it", (given) => {
  const { ledger, live, plan, policy } = given;
  for (const change of plan.changes) {
    if (change.kind !== "remove" && change.kind !== "replace") continue;
    const { path, displaces } = change;
    const there = live.files.get(path);
    const owned = ledger && Object.hasOwn(ledger.files, path) ? ledger.files[path]?.digest : undefined;
    const isSame = change.kind === "replace" && change.next.digest === there?.digest;
    expect(displaces, path).toBe(!isSame && (owned === undefined || owned !== there?.digest));
    if (!displaces || there?.elf === undefined) continue;
    expect(policy.mode, `${path}: a binary of others`).not.toBe("always");
  }
});

law("never touches what it preserves: it stays the very file, and is not ours if it was not", (given) => {
  const { source, volume, live, ledger, plan } = given;
  const after = apply(plan, volume, source);
  for (const change of plan.changes) {
    if (change.kind !== "preserve") continue;
    const { path, prev, why } = change;
    if (why === "foreign-binary-in-the-way") {
      expect(after.volume.files.has(path), path).toBe(false);
      expect(
        [...after.volume.files.values()].map(({ inode }) => inode),
        path,
      ).toContain(prev.inode);
    } else {
      expect(after.volume.files.get(path), path).toBe(volume.files.get(path));
      expect(live.files.get(path), path).toBe(prev);
    }
    if (prev.ownership !== "ours") expect(Object.hasOwn(after.ledger.files, path), path).toBe(false);
    expect(prev.elf, path).toBeDefined();
  }
  expect(ledger === undefined || Object.keys(after.ledger.files).every((path) => source.files.has(path))).toBe(true);
});

law("displaces nothing that is ours", ({ plan }) => {
  for (const change of plan.changes) {
    if ("displaces" in change && change.displaces) expect(change.prev.ownership).not.toBe("ours");
  }
});

law("displaces a foreign binary only for a static one, unless it did so before", ({ source, ledger, plan, policy }) => {
  if (policy.mode === "off") return;
  for (const change of plan.changes) {
    if (!("displaces" in change) || !change.displaces || change.prev.elf === undefined) continue;
    const { replaced = [] } = entryAt(ledger?.memory, change.path) ?? {};
    if (replaced.includes(change.prev.digest ?? "")) continue;
    expect(source.files.get(change.path)?.elf?.static, change.path).toBe(true);
  }
});

law("has every file of the source, but for the preserved", ({ source, plan }) => {
  const preserved = new Set(plan.changes.flatMap(({ kind, path }) => (kind === "preserve" ? [path] : [])));
  for (const [path, next] of source.files) {
    if (preserved.has(path)) continue;
    const change = plan.changes.find((each) => each.path === path);
    const has =
      change === undefined
        ? plan.keep.get(path)
        : change.kind === "add" || change.kind === "replace"
          ? change.next
          : undefined;
    expect(has, path).toEqual(next);
  }
});

law("removes what is ours and left the source", ({ source, live, plan }) => {
  for (const [path, { ownership }] of live.files) {
    if (ownership !== "ours" || source.files.has(path)) continue;
    expect(plan.changes.find((each) => each.path === path)?.kind, path).toBe("remove");
  }
});

law("decides each path once, sorted", ({ plan }) => {
  const paths = plan.changes.map(({ path }) => path);
  expect(paths).toEqual([...new Set(paths)].sort());
  expect(paths.filter((path) => plan.keep.has(path))).toEqual([]);
});

law("makes a tree: every parent is a directory and no directory is a file", ({ source, plan, volume }) => {
  const { files } = apply(plan, volume, source).volume;
  const made = new Set<string>();
  for (const directory of plan.directories) {
    expect(
      parentsOf(directory).every((parent) => made.has(parent)),
      directory,
    ).toBe(true);
    expect(files.has(directory), directory).toBe(false);
    expect(made.has(directory)).toBe(false);
    made.add(directory);
  }
  for (const path of files.keys()) expect(parentsOf(path).filter((parent) => !made.has(parent))).toEqual([]);
});

law(
  "says that content alters exactly if the tree, or whose it is, becomes another",
  ({ source, volume, live, ledger, plan }) => {
    const after = apply(plan, volume, source).volume;
    const sameFiles =
      after.files.size === volume.files.size &&
      [...after.files].every(([path, { inode }]) => volume.files.get(path)?.inode === inode);
    const sameDirectories = after.directories.join("\n") === [...volume.directories].join("\n");
    const adopts =
      ledger === undefined || [...plan.keep.keys()].some((path) => live.files.get(path)?.ownership !== "ours");
    const letsGo =
      Object.keys(ledger?.files ?? {}).some((path) => !after.files.has(path)) ||
      ledger?.directories.some((path) => !after.directories.includes(path)) === true;
    expect(plan.altersContent).toBe(adopts || letsGo || !sameFiles || !sameDirectories);
  },
);

law("is deterministic, whatever order the trees are listed in", ({ source, live, ledger, policy, plan }) => {
  const shuffled = planPack(
    { files: new Map([...source.files].reverse()), directories: source.directories.toReversed() },
    { files: new Map([...live.files].reverse()), directories: live.directories.toReversed() },
    ledger,
    policy,
  );
  expect(comparable(shuffled)).toEqual(comparable(plan));
});

/** Which of several binaries in one's way is named does not matter. */
function comparable({ changes, keep, directories, altersContent }: Plan) {
  return {
    changes: changes.map(({ kind, path }) => [kind, path]),
    keep: [...keep.keys()].sort(),
    directories,
    altersContent,
  };
}
