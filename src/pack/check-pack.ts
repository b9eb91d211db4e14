import { checkBinary, notBuilt } from "./binaries.ts";
import { checkDirectories } from "./check-directories.ts";
import { checkReferences } from "./check-references.ts";
import { checkScript } from "./check-script.ts";
import type { Diagnostic } from "./diagnostics.ts";
import { excerpt } from "./excerpt.ts";
import type { Facts } from "./facts.ts";
import type { Link } from "./links.ts";
import type { PackFacts } from "./pack-facts.ts";
import type { FileEntry } from "./snapshot.ts";
import { nearest } from "./spelling.ts";

/** A pack whose definitions were looked at one by one. */
export interface WholePack extends PackFacts {
  /** Every file of the source, those that may not be published, too. */
  readonly files: ReadonlyMap<string, Pick<FileEntry, "elf">>;
  /** Whether the pack's directory in the volume has something at a path; nobody's, too. */
  readonly isInVolume: (path: string) => boolean;
  /** Wanted machines; empty: any. */
  readonly arch: readonly string[];
}

/** What is wrong with a pack although each file of it is fine by itself: all of it is found anew with every scan. */
export function checkPack(pack: WholePack): readonly Diagnostic[] {
  const findings = [...pack.definitions].flatMap(([file, facts]) => checkFiles(file, facts, pack));
  return [...findings, ...checkPrograms(pack), ...checkReferences(pack), ...checkDirectories(pack.files.keys())];
}

/** The files that a definition names are there. */
function checkFiles(file: string, facts: Facts, pack: WholePack): Diagnostic[] {
  return facts.links.flatMap((link) => {
    if (link.to !== "entry_point" && link.to !== "workflow_file") return [];
    if (pack.files.has(link.target)) return [];
    if (link.to === "entry_point" && isNative(facts)) {
      return isPlatforms(facts) || pack.isInVolume(link.target)
        ? []
        : [{ ...notBuilt(link.target), file, ...link.range }];
    }
    return [missingFile(file, facts, link, pack.files)];
  });
}

/** What the platform does itself; its `entry_point` only says what. */
function isPlatforms({ ref = "", runner = "" }: Facts): boolean {
  return /^core\.ask$/.test(ref) || runner.endsWith("builtin");
}

/** What is started as it is; an interpreter's script can be built by nobody. */
function isNative({ runner = "" }: Facts): boolean {
  return /^(core\.)?(native|builtin|standalone)$/.test(runner);
}

function missingFile(file: string, { kind }: Facts, link: Link, files: WholePack["files"]): Diagnostic {
  const isWorkflow = link.to === "workflow_file";
  const code = isWorkflow
    ? "action.workflow_missing"
    : kind === "sensor"
      ? "sensor.entrypoint_missing"
      : "action.entrypoint_missing";
  const what = isWorkflow ? "workflow" : "script";
  const message = `Expected the ${what} \`${excerpt(link.target)}\`, got none`;
  const other = elsewhere(link.target, files);
  const advice = other === undefined ? "correct the name" : `there is \`${excerpt(other)}\``;
  const hint = `If it is only not saved yet, save it: the pack then goes live by itself. Otherwise ${advice}.`;
  return { severity: "error", code, message, file, ...link.range, hint };
}

/** A file that was probably meant: of the same name in another directory, or with a typo. */
function elsewhere(path: string, files: WholePack["files"]): string | undefined {
  const name = path.slice(path.lastIndexOf("/"));
  const paths = [...files.keys()];
  return paths.find((each) => `/${each}`.endsWith(name)) ?? nearest(path, paths);
}

/** Scripts and binaries that definitions start; one that two of them start is said once. */
function checkPrograms(pack: WholePack): Diagnostic[] {
  const found = new Map<string, Diagnostic>();
  for (const [definition, about] of pack.definitions)
    for (const { to, target } of about.links) {
      if (to !== "entry_point") continue;
      for (const finding of checkProgram(target, definition, about, pack))
        found.set(`${finding.code} ${finding.file} ${finding.message}`, finding);
    }
  return [...found.values()];
}

function checkProgram(file: string, definition: string, about: Facts, pack: WholePack): readonly Diagnostic[] {
  const elf = pack.files.get(file)?.elf;
  if (elf !== undefined) return checkBinary({ file, elf, arch: pack.arch });
  const facts = pack.scripts.get(file);
  return facts === undefined ? [] : checkScript({ file, definition, facts, about, dialect: pack.dialect });
}
