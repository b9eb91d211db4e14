import type { Config } from "./config/config.ts";
import { failure } from "./cycle/failure.ts";
import { duplicateRef } from "./cycle/findings.ts";
import { checkWorld, type World } from "./pack/check-world.ts";
import type { Diagnostic, Severity } from "./pack/diagnostics.ts";
import type { Dialect } from "./pack/identity.ts";
import { isReference, type Outside, outsideOf, packOf } from "./pack/pack-facts.ts";
import type { PackRef } from "./pack/ref.ts";
import { resolveClaims } from "./plan/claims.ts";
import { checkSyntax } from "./scan/check-syntax.ts";
import { rootOf } from "./scan/look.ts";
import type { Scanner } from "./scan/scanner.ts";
import { disposableScanner } from "./threaded-scanner.ts";
import type { Mended } from "./validation/mend.ts";
import { findTargets, type Target } from "./validation/targets.ts";

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
  const packs = amongEachOther(await scanAll(targets, scanner, config));
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

/** Few at a time: while the second thread scans one pack, this one scans the next. */
const IN_FLIGHT = 16;

async function scanAll(
  targets: readonly Target[],
  scanner: Scanner,
  config: Config,
): Promise<readonly ScannedTarget[]> {
  const looks = await scanner.look(targets.map(({ at }) => ({ at, known: undefined })));
  const quarrels = duplicatesOf(looks);
  const packs: ScannedTarget[] = [];
  const waiting = targets.entries();
  const worker = async (): Promise<void> => {
    for (const [index, target] of waiting) {
      packs[index] = await scanOne(target, quarrels.get(rootOf(target.at)) ?? [], scanner, config);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
  return packs;
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

async function scanOne(
  { at, only }: Target,
  more: readonly Diagnostic[],
  scanner: Scanner,
  { limits, arch }: Config,
): Promise<ScannedTarget> {
  const path = rootOf(at);
  try {
    const nothing = { known: undefined, files: {}, facts: undefined, live: undefined, staging: undefined };
    const { identity, diagnostics, facts } = await scanner.scan({ at, limits, arch, ...nothing });
    const syntax = facts === undefined ? [] : await checkSyntax(path, facts);
    const all = { ref: identity?.ref ?? at.directory, version: identity?.version, path };
    return { ...all, only, outside: facts && outsideOf(facts), diagnostics: [...diagnostics, ...more, ...syntax] };
  } catch (error) {
    const diagnostics = [failure(error)];
    return { ref: at.directory, version: undefined, path, only: undefined, outside: undefined, diagnostics };
  }
}

interface ScannedTarget extends ValidatedPack {
  /** The one file that was asked for. */
  readonly only: string | undefined;
  readonly outside: Outside | undefined;
}

/** What packs need of each other, as far as they are looked at together: of packs that are not here nobody can tell. */
function amongEachOther(scanned: readonly ScannedTarget[]): readonly ValidatedPack[] {
  const packs = new Map(scanned.map((pack) => [pack.ref, pack]));
  const refs = new Set(
    scanned.flatMap(({ outside }) => outside?.offers ?? []).map(({ kind, ref }) => `${kind} ${ref}`),
  );
  const world: World = {
    has: (kind, ref) => refs.has(`${kind} ${ref}`),
    hasPack: (ref) => packs.has(ref),
    versionOf: (ref) => packs.get(ref)?.version,
  };
  return scanned.map(({ only, outside, diagnostics, ...pack }) => {
    const wants = (outside?.wants ?? []).filter(({ to, target }) =>
      packs.has(isReference(to) ? packOf(target) : target),
    );
    const missed = outside === undefined ? [] : checkWorld({ ...outside, wants }, world);
    const wanted = [...diagnostics, ...missed].filter(({ file }) => only === undefined || file === only);
    return { ...pack, diagnostics: wanted.sort(byPlace) };
  });
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
