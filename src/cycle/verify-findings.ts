import type { Diagnostic } from "../pack/diagnostics.ts";
import { printableName } from "../platform/names.ts";
import { abridged } from "./findings.ts";
import type { PackVerification } from "./verify.ts";

type Verified = Omit<PackVerification, "diagnostics">;

/** What a person should know about a pack that was re-hashed, the worst first. */
export function describeVerification(verified: Verified): readonly Diagnostic[] {
  const { ref, drift, damaged, unnoticed, kept } = verified;
  const leftovers = new Set(drift.leftovers);
  return [
    ...abridged([
      ...drift.changed.map((path) => driftFinding(ref, path, "was changed in the volume by somebody else")),
      ...drift.missing.map((path) => driftFinding(ref, path, "was removed from the volume by somebody else")),
      ...drift.modes.map((path) => driftFinding(ref, path, "has other permissions than it was published with")),
    ]),
    ...damaged.map(({ release, paths }) => damagedFinding(ref, release, paths)),
    ...(unnoticed === undefined ? [] : [unnoticedFinding(ref)]),
    ...abridged(
      drift.preserved.map((path) => hint("volume.preserved", path, "is a binary of the volume's own; it stays")),
    ),
    ...abridged(drift.leftovers.map((path) => hint("volume.leftover", path, "was there before packsync; it stays"))),
    ...abridged(
      drift.foreign
        .filter((path) => !leftovers.has(path))
        .map((path) => hint("volume.foreign", path, "is not packsync's; it stays")),
    ),
    ...(kept.length === 0 ? [] : [keptFinding(ref, kept.length)]),
  ];
}

function driftFinding(ref: string, path: string, what: string): Diagnostic {
  const file = printableName(path);
  return {
    severity: "error",
    code: "volume.drift",
    message: `\`${file}\` ${what}`,
    file,
    hint: `\`packsync verify --repair ${ref}\` brings back what was published; theirs is kept in history.`,
  };
}

function damagedFinding(ref: string, release: string, paths: readonly string[]): Diagnostic {
  const others = paths.length === 1 ? "" : ` and ${paths.length - 1} more`;
  return {
    severity: "warning",
    code: "history.damaged",
    message: `release ${release} is damaged: somebody changed \`${printableName(paths[0] ?? "")}\`${others}`,
    hint: `No rollback goes there. \`packsync verify --prune ${ref}\` removes it.`,
  };
}

function unnoticedFinding(ref: string): Diagnostic {
  return {
    severity: "warning",
    code: "source.unnoticed",
    message: "the source has other content than at the last sync, but the same sizes and times",
    hint: `\`packsync verify --repair ${ref}\` lets the next sync read it.`,
  };
}

function hint(code: string, path: string, what: string): Diagnostic {
  const file = printableName(path);
  return { severity: "hint", code, message: `\`${file}\` ${what}`, file };
}

function keptFinding(ref: string, count: number): Diagnostic {
  return {
    severity: "hint",
    code: "history.kept",
    message: `history keeps what others had in the way, in ${count} director${count === 1 ? "y" : "ies"}`,
    hint: `It is in \`.packsync/releases/${ref}\`; \`packsync verify --prune ${ref}\` removes it.`,
  };
}
