import type { Config } from "./config/config.ts";
import { failure } from "./cycle/failure.ts";
import { duplicateRef } from "./cycle/findings.ts";
import type { Diagnostic, Severity } from "./pack/diagnostics.ts";
import type { Dialect } from "./pack/identity.ts";
import { outsideOf } from "./pack/pack-facts.ts";
import type { PackRef } from "./pack/ref.ts";
import { resolveClaims } from "./plan/claims.ts";
import { checkSyntax, type Scripts } from "./scan/check-syntax.ts";
import { rootOf } from "./scan/look.ts";
import type { Scanner } from "./scan/scanner.ts";
import { disposableScanner } from "./threaded-scanner.ts";
import type { Mended } from "./validation/mend.ts";
import { findTargets, type Target } from "./validation/targets.ts";
import { type Looked, missing } from "./validation/world.ts";

/** Composition root of `packsync validate`: looks at packs where they are written; needs no volume. */

export interface ValidateRequest {
  /** Packs, directories of packs, or files of packs; empty: the sources. */
  readonly paths: readonly string[];
  /** Where relative paths start; absolute. */
  readonly cwd: string;
  /** Whose rules count; `undefined`: each pack says so by what it has. */
  readonly dialect: Dialect | undefined;
  /** Warnings are errors. */
  readonly strict: boolean;
  /** Mend first what can be mended safely. */
  readonly fix: boolean;
}

/** What is wrong with one pack, or with the directory that packs lie in. */
export interface ValidatedPack {
  /** The directory's name where it has no usable ref. */
  readonly ref: string;
  readonly version: string | undefined;
  /** Absolute; the findings' files are relative to it. */
  readonly path: string;
  /** By file and place. */
  readonly diagnostics: readonly Diagnostic[];
}

type Judged = Pick<ValidatedPack, "path" | "diagnostics">;

export interface Validation {
  /** In the order in which they were asked for. */
  readonly packs: readonly ValidatedPack[];
  /** Directories of packs that something is wrong with by themselves. */
  readonly sources: readonly Judged[];
  readonly mended: readonly Mended[];
  readonly totals: Readonly<Record<Severity, number>>;
}

/** @throws PacksyncError `USAGE` when there is nothing to look at */
export async function validate(config: Config, request: ValidateRequest): Promise<Validation> {
  const { paths, cwd, dialect, strict, fix } = request;
  const sources = config.sources.map((source) => ({ ...source, ...(dialect && { dialect }) }));
  const found = findTargets(paths, sources, cwd);
  const targets = found.targets.map((target) => withDialect(target, dialect));
  const mended = fix ? await mendAll(targets, config) : [];
  await using scanner = disposableScanner(config);
  const packs = await scanAll(targets, scanner, config);
  const judged = <T extends Judged>(each: T): T => ({ ...each, diagnostics: judge(each.diagnostics, strict) });
  const report = { packs: packs.map(judged), sources: found.sources.map(judged) };
  const diagnostics = [...report.packs, ...report.sources].flatMap((each) => each.diagnostics);
  return { ...report, mended, totals: totalsOf(diagnostics) };
}

function withDialect({ at, only }: Target, dialect: Dialect | undefined): Target {
  return { at: { ...at, source: { ...at.source, dialect: dialect ?? at.source.dialect } }, only };
}

async function mendAll(targets: readonly Target[], { limits }: Config): Promise<readonly Mended[]> {
  const { mend } = await import("./validation/mend.ts");
  const mended: Mended[] = [];
  for (const target of targets) mended.push(...(await mend(target, limits)));
  return mended;
}

/** Few at a time: while the second thread reads packs, this one judges those that were read. */
const IN_FLIGHT = 24;

async function scanAll(
  targets: readonly Target[],
  scanner: Scanner,
  config: Config,
): Promise<readonly ValidatedPack[]> {
  const quarrels = duplicatesOf(await scanner.look(targets.map(({ at }) => ({ at, known: undefined }))));
  const scanned: Scanned[] = [];
  const waiting = targets.entries();
  const worker = async (): Promise<void> => {
    for (const [index, target] of waiting) scanned[index] = await scanOne(target, scanner, config);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
  const missed = await missing(scanned, scanner, config);
  const said = await checkSyntax(scanned.map(scriptsOf));
  return scanned.map(({ target: { at, only }, ref, version, diagnostics }, index) => {
    const path = rootOf(at);
    const all = [...diagnostics, ...(quarrels.get(path) ?? []), ...(missed[index] ?? []), ...(said[index] ?? [])];
    const wanted = all.filter(({ file }) => only === undefined || file === only);
    return { ref, version, path, diagnostics: wanted.sort(byPlace) };
  });
}

type Looks = Awaited<ReturnType<Scanner["look"]>>;

/** Directories of one source that want to be one pack, each with what is wrong about that. */
function duplicatesOf(looks: Looks): ReadonlyMap<string, readonly Diagnostic[]> {
  const claims = looks.flatMap(({ identity, source, directory }) =>
    identity === undefined
      ? []
      : [{ ref: identity.ref, source: source.path, directory, rank: 0, at: { source, directory } }],
  );
  const { duplicates } = resolveClaims(claims, () => false);
  return new Map(
    duplicates.map(({ claim: { ref, at }, other }) => [
      rootOf(at),
      [duplicateRef(ref as PackRef, at.source.name, other)],
    ]),
  );
}

/** A pack that was looked into, on its own. */
interface Scanned extends Looked {
  readonly target: Target;
  readonly scripts: Scripts["scripts"];
  readonly diagnostics: readonly Diagnostic[];
}

/** Of a pack that one file was asked of, nothing else is parsed. */
function scriptsOf({ target: { at, only }, scripts }: Scanned): Scripts {
  const wanted = only === undefined ? scripts : new Map([...scripts].filter(([file]) => file === only));
  return { root: rootOf(at), scripts: wanted };
}

async function scanOne(target: Target, scanner: Scanner, { limits, arch }: Config): Promise<Scanned> {
  const { at } = target;
  try {
    const nothing = { known: undefined, files: {}, facts: undefined, live: undefined, staging: undefined };
    const { identity, diagnostics, facts } = await scanner.scan({ at, limits, arch, ...nothing });
    return {
      target,
      ref: identity?.ref ?? at.directory,
      version: identity?.version,
      outside: facts && outsideOf(facts),
      scripts: facts?.scripts ?? new Map(),
      diagnostics,
    };
  } catch (error) {
    const unknown = { ref: at.directory, version: undefined, outside: undefined, scripts: new Map() };
    return { target, ...unknown, diagnostics: [failure(error)] };
  }
}

function byPlace(a: Diagnostic, b: Diagnostic): number {
  const [one, other] = [a.file ?? "", b.file ?? ""];
  if (one !== other) return one < other ? -1 : 1;
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}

function judge(diagnostics: readonly Diagnostic[], strict: boolean): readonly Diagnostic[] {
  const isRaised = ({ severity }: Diagnostic) => strict && severity === "warning";
  return diagnostics.map((each) => (isRaised(each) ? { ...each, severity: "error" } : each));
}

function totalsOf(diagnostics: readonly Diagnostic[]): Validation["totals"] {
  const totals = { error: 0, warning: 0, hint: 0 };
  for (const { severity } of diagnostics) totals[severity]++;
  return totals;
}
