import type { Diagnostic } from "../pack/diagnostics.ts";
import type { ElfInfo } from "../pack/elf.ts";
import type { Change } from "../plan/plan.ts";
import type { PreserveReason } from "../plan/preserve.ts";
import { printableName } from "../platform/names.ts";

export type Preserved = Extract<Change, { kind: "preserve" }>;

/** Where a preserved file is, and what is wanted of it. */
export interface PreservedAt {
  readonly ref: string;
  /** Wanted machines. */
  readonly arch: readonly string[];
  /** The binary that stays; not `path` if it stands in the way of it. */
  readonly binary: string;
}

/** Why a binary of the volume stays, and what to do if the source's file was meant to go live. */
export function preservedFinding(change: Preserved, at: PreservedAt): Diagnostic {
  const file = printableName(change.path);
  const { message, todo } = WORDS[change.why](change, at);
  return {
    severity: LOUD.has(change.why) ? "warning" : "hint",
    code: "volume.preserved",
    message: `\`${file}\` ${message}`,
    file,
    hint: `${todo} ${letTheSourceWin(at)}`,
  };
}

/** The source's file can be made better; the other reasons are how it is meant to be. */
const LOUD: ReadonlySet<PreserveReason> = new Set([
  "foreign-binary-in-the-way",
  "source-not-static",
  "source-other-arch",
]);

interface Words {
  /** Follows the path. */
  readonly message: string;
  readonly todo: string;
}

const WORDS: Readonly<Record<PreserveReason, (change: Preserved, at: PreservedAt) => Words>> = {
  "volume-always-wins": ({ prev, next }) => ({
    message: `is ${describeBinary(next.elf)} in the source: the volume keeps ${whose(prev)}, because \`preserve\` is \`always\` for it`,
    todo: REMOVE,
  }),
  "foreign-binary-in-the-way": (_, { binary }) => ({
    message: `is not published: \`${printableName(binary)}\`, a binary that is not packsync's, stands in its way`,
    todo: "Move that binary out of the volume, or the source's file to another path.",
  }),
  "source-not-a-binary": ({ prev, next }) => ({
    message: `is ${describeBinary(next.elf)} in the source: the volume keeps ${whose(prev)}, ${describeBinary(prev.elf)}`,
    todo: REMOVE,
  }),
  "source-not-static": ({ prev, next }) => ({
    message: `is ${describeBinary(next.elf)} in the source: the volume keeps ${whose(prev)}, ${describeBinary(prev.elf)}`,
    todo: remedyFor(next.elf),
  }),
  "source-other-arch": ({ prev, next }, { arch }) => ({
    message: `is ${describeBinary(next.elf)} in the source, wanted is ${oneOf(arch)}: the volume keeps ${whose(prev)}, ${describeBinary(prev.elf)}`,
    todo: `Build it for ${oneOf(arch)}, or add \`${next.elf?.machine}\` to \`arch\`.`,
  }),
  "first-contact": ({ prev }) => ({
    message: `is a static binary on both sides, seen for the first time: the volume keeps ${whose(prev)}`,
    todo: REBUILD,
  }),
  "source-unchanged": ({ prev }) => ({
    message: `is the same in the source as at the last sync: the volume keeps ${whose(prev)}`,
    todo: REBUILD,
  }),
  "volume-changed": ({ prev }) => ({
    message: `has become another static binary in the volume since the last sync: the volume keeps ${whose(prev)}`,
    todo: REBUILD,
  }),
};

const REMOVE = "If the source's is meant to go live, remove the volume's file.";
const REBUILD =
  "The source's goes live with its next build. To publish the one that it has now, remove the volume's file.";

/** Ends each hint: the file alone, so that nobody turns the policy off for all. */
function letTheSourceWin({ ref, binary }: PreservedAt): string {
  const pattern = JSON.stringify(asPattern(`${ref}/${printableName(binary)}`));
  return `Or let the source win for this file: \`${pattern}: off\` below \`preserve.files\` in packsync.yaml.`;
}

/** What `.gitignore` gives a meaning to, without it. */
function asPattern(path: string): string {
  return path.replaceAll(/[\\*?[\]]/g, "\\$&");
}

function whose({ ownership }: Preserved["prev"]): string {
  return ownership === "ours" ? "the one that packsync published" : "its own, which is not packsync's";
}

/** What a file is as a binary, for people: `static for \`x86_64\``. */
export function describeBinary(elf: ElfInfo | undefined): string {
  if (elf === undefined) return "no binary";
  if (elf.static) return `static for \`${elf.machine}\``;
  if (elf.truncated) return "a binary that is cut short";
  switch (elf.type) {
    case "executable":
      return `dynamic${needsOf(elf)}`;
    case "shared-object":
      return "a shared library";
    case "object":
      return "an object file";
    case "core":
      return "a core dump";
    case "other":
      return "no executable, although it starts like one";
    default:
      return elf.type satisfies never;
  }
}

/** Some libraries tell which build it was; all of them would fill the line. */
const NAMED_LIBRARIES = 3;

function needsOf({ interpreter, needed, glibc }: ElfInfo): string {
  const libraries = needed.slice(0, NAMED_LIBRARIES).map((name) => `\`${printableName(name)}\``);
  const more = needed.length > NAMED_LIBRARIES ? [`${needed.length - NAMED_LIBRARIES} more libraries`] : [];
  const loader = interpreter === undefined ? [] : [`\`${printableName(interpreter)}\``];
  const version = glibc === undefined ? [] : [`glibc ${glibc}`];
  const needs = [...loader, ...libraries, ...more, ...version];
  return needs.length === 0 ? "" : ` (needs ${needs.join(", ")})`;
}

function remedyFor(elf: ElfInfo | undefined): string {
  if (elf?.truncated === true) return "Build it, or copy it, again.";
  return elf?.type === "executable" ? "Build it static (`-static`; Go: `CGO_ENABLED=0`; Rust: a musl target)." : REMOVE;
}

function oneOf(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(" or ");
}
