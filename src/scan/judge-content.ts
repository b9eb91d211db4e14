import { checkPack } from "../pack/check-pack.ts";
import type { Diagnostic } from "../pack/diagnostics.ts";
import { mixedDialects } from "../pack/dialect.ts";
import type { Facts } from "../pack/facts.ts";
import type { Dialect } from "../pack/identity.ts";
import type { PackFacts } from "../pack/pack-facts.ts";
import { type CheckedDefinition, checkDefinitions, likelyDialect, type SaidDefinition } from "./check-definitions.ts";
import { isSameLook } from "./fingerprint.ts";
import type { IdentityResult } from "./identify.ts";
import { identityOf } from "./look.ts";
import { type Reading, readAgain, rememberedFindings } from "./read-changed.ts";
import type { ReadPack } from "./read-pack.ts";
import type { ScannedPack, ScanRequest } from "./scan-pack.ts";
import type { PackIdentity } from "./store.ts";

/** What was seen and read of a pack; `manifest` are the bytes of `pack.yaml`, if it is not as it was. */
interface Content extends Pick<ReadPack, "walk" | "reading" | "live"> {
  readonly manifest: Uint8Array | "as before" | undefined;
  readonly request: ScanRequest;
}

/** What the files say; `facts`: `undefined` while nobody knows whose rules they follow. */
interface Judgement {
  readonly identity: PackIdentity | undefined;
  readonly facts: PackFacts | undefined;
  readonly diagnostics: readonly Diagnostic[];
  readonly said: ScannedPack["said"];
}

/** Every definition by itself, as far as it changed, and then all of them together. */
export async function judgeContent(content: Content): Promise<Judgement> {
  const { reading } = content;
  const { identified, dialect, pack, before } = await whose(content);
  const checked = await checkDefinitions(reading.definitions, { dialect, pack });
  const kept = before === undefined ? [] : findingsKept(content);
  const own = checked.flatMap((each) => withoutRepeats(each, identified.diagnostics));
  const facts = dialect && factsOf(content, { dialect, pack }, checked, before);
  const diagnostics = [...identified.diagnostics, ...kept, ...own, ...(facts ? acrossFiles(facts, content) : [])];
  const said = new Map(checked.flatMap(({ file, said }): [string, SaidDefinition][] => (said ? [[file, said]] : [])));
  return { identity: identified.identity, facts, diagnostics, said };
}

function findingsKept({ reading, request }: Content): readonly Diagnostic[] {
  const remembered = rememberedFindings(request.known);
  return reading.same.flatMap(({ path }) => remembered.get(path) ?? []);
}

interface Whose {
  readonly identified: IdentityResult;
  readonly dialect: Dialect | undefined;
  readonly pack: string | undefined;
  /** What was found in the files that did not change; `undefined`: it does not hold any more, and they are read again. */
  readonly before: PackFacts | undefined;
}

async function whose({ walk, reading, manifest, request }: Content): Promise<Whose> {
  const { at, known, facts } = request;
  const about = (identified: IdentityResult, before?: PackFacts): Whose => ({
    identified,
    dialect: identified.dialect ?? before?.dialect,
    pack: identified.identity?.ref ?? known?.identity?.ref,
    before,
  });
  const first = about(await toldOrLikely(await identityOf(at, known, manifest), facts, reading), facts);
  const isSame = known?.fingerprint !== undefined && isSameLook(known.fingerprint, walk.fingerprint);
  if (isSame && facts !== undefined && first.dialect === facts.dialect && first.pack === facts.pack) return first;
  readAgain(reading);
  const own = reading.definitions.find(({ file }) => file === "pack.yaml");
  const again = manifest === "as before" && own ? await identityOf(at, known, own.bytes) : first.identified;
  return about(await toldOrLikely(again, undefined, reading));
}

/** Where `pack.yaml` does not tell whose rules hold, its definitions may; while it is as it was, what they told before. */
async function toldOrLikely(
  identified: IdentityResult,
  before: PackFacts | undefined,
  { definitions }: Reading,
): Promise<IdentityResult> {
  if (identified.dialect !== undefined || identified.identity === undefined) return identified;
  return { ...identified, dialect: before?.dialect ?? (await likelyDialect(definitions)) };
}

/** Ref and version are judged before everything else, and their findings say more. */
function withoutRepeats({ file, diagnostics }: CheckedDefinition, said: readonly Diagnostic[]): readonly Diagnostic[] {
  if (file !== "pack.yaml" || said.length === 0) return diagnostics;
  if (said.some(({ code }) => code === "manifest.not_object" || code === "metadata.invalid_yaml")) return [];
  const fields = new Set(said.map(fieldOf));
  return diagnostics.filter((finding) => !fields.has(fieldOf(finding)));
}

function fieldOf({ message }: Diagnostic): string | undefined {
  return /`([^`]*)`/.exec(message)?.[1];
}

/** In the order of the paths: which of two files is the one too many must not depend on which was read last. */
function factsOf(
  { reading }: Content,
  about: Pick<PackFacts, "dialect" | "pack">,
  checked: readonly CheckedDefinition[],
  before: PackFacts | undefined,
): PackFacts {
  const same = new Set(before === undefined ? [] : reading.same.map(({ path }) => path));
  const fresh = new Map<string, Facts | undefined>(checked.map(({ file, facts }) => [file, facts]));
  const paths = [...reading.files.keys()].sort();
  const merged = <T>(old: ReadonlyMap<string, T> | undefined, found: ReadonlyMap<string, T | undefined>) =>
    new Map(
      paths.flatMap((path): [string, T][] => {
        const facts = same.has(path) ? old?.get(path) : found.get(path);
        return facts === undefined ? [] : [[path, facts]];
      }),
    );
  return {
    ...about,
    definitions: merged(before?.definitions, fresh),
    scripts: merged(before?.scripts, reading.scripts),
  };
}

/** Where a limit ended the walk, or a file may not be published, nothing is missing: that is said already. */
function acrossFiles(facts: PackFacts, { walk, reading, live, request }: Content): readonly Diagnostic[] {
  if (walk.stopped) return [];
  const refused = [...walk.diagnostics, ...reading.diagnostics].flatMap(({ file }) => file ?? []);
  const files = new Map([...refused.map((file) => [file, {}] as const), ...reading.files]);
  const isInVolume = (path: string) => live?.files.has(path) === true;
  const mixed = mixedDialects({ dialect: facts.dialect, foreign: foreignIn(facts) });
  return [...(mixed === undefined ? [] : [mixed]), ...checkPack({ ...facts, files, isInVolume, arch: request.arch })];
}

function foreignIn({ dialect, definitions }: PackFacts): readonly string[] {
  return [...definitions].flatMap(([file, { written = dialect }]) => (written === dialect ? [] : [file]));
}
