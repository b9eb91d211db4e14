import { existsSync, lstatSync, rmSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import type { Config } from "./config/config.ts";
import { isSystemError, PacksyncError } from "./errors.ts";
import { LIMITS } from "./install/limits.ts";
import { copyDirectory } from "./install/local.ts";
import { type PackIdentity, readPackIdentity } from "./install/pack-root.ts";
import { testPack } from "./install/pack-tests.ts";
import type { PackTestResult } from "./install/stages.ts";
import { asPackRef } from "./pack/ref.ts";
import { lstatIfAny } from "./platform/absence.ts";
import { adoptTree, type Owner, ownerToSet } from "./platform/ownership.ts";
import { scratchDirectory } from "./platform/scratch.ts";

/** Composition root of `packsync test`: runs packs' own tests, of live packs in copies. */

export interface TestRequest {
  /** Refs of packs in the volume, or paths: what has a `/`, or begins with a dot. */
  readonly packs: readonly string[];
  /** Where relative paths start. */
  readonly cwd: string;
  readonly onLine: ((pack: string, line: string) => void) | undefined;
}

export interface PackTests {
  readonly tested: readonly PackTestResult[];
  /** Refs of those that have no tests. */
  readonly untested: readonly string[];
  /** Those that no tests could be run of. */
  readonly failed: readonly { readonly pack: string; readonly error: string; readonly hint: string | undefined }[];
}

/** @throws PacksyncError `USAGE` for a ref that is not live */
export async function testPacks(config: Config, request: TestRequest, abort: AbortSignal): Promise<PackTests> {
  const targets = request.packs.map((pack) => targetOf(pack, request, config));
  const tested: PackTestResult[] = [];
  const untested: string[] = [];
  const failed: PackTests["failed"][number][] = [];
  for (const target of targets) {
    try {
      const { ref, result } = await testTarget(target, config, request, abort);
      if (result === undefined) untested.push(ref);
      else tested.push(result);
    } catch (error) {
      abort.throwIfAborted();
      if (!(error instanceof PacksyncError) && !isSystemError(error)) throw error;
      const hint = error instanceof PacksyncError ? error.hint : undefined;
      failed.push({ pack: target.pack, error: error.message, hint });
    }
  }
  return { tested, untested, failed };
}

/** Runs the tests of a pack in a copy: what is registered is what was there before. `undefined`: it has none. */
export async function testCopy(
  path: string,
  config: Config,
  { onLine, programs }: { readonly onLine: (line: string) => void; readonly programs: readonly string[] | undefined },
  abort: AbortSignal,
): Promise<PackTestResult | undefined> {
  const target = { pack: basename(path), path, isLive: true };
  const about = { onLine: (_: string, line: string) => onLine(line), programs };
  return (await testTarget(target, config, about, abort)).result;
}

interface Target {
  /** As it was asked for. */
  readonly pack: string;
  readonly path: string;
  /** Then it is tested in a copy. */
  readonly isLive: boolean;
}

function targetOf(pack: string, { cwd }: TestRequest, { volume }: Config): Target {
  if (pack.includes("/") || pack.startsWith(".")) return { pack, path: resolve(cwd, pack), isLive: false };
  const ref = asPackRef(pack);
  const path = join(volume, ref ?? "");
  if (ref !== undefined && existsSync(join(path, "pack.yaml"))) return { pack, path, isLive: true };
  throw new PacksyncError("USAGE", `Expected a pack in ${volume}, got \`${pack}\``, {
    hint: `A directory has a slash: \`packsync test ./${pack}\`.`,
  });
}

interface Tested {
  readonly ref: string;
  readonly result: PackTestResult | undefined;
}

async function testTarget(
  { pack, path, isLive }: Target,
  config: Config,
  { onLine, programs }: Pick<TestRequest, "onLine"> & { readonly programs?: readonly string[] | undefined },
  abort: AbortSignal,
): Promise<Tested> {
  const run = async (root: string, owner: Owner | undefined): Promise<Tested> => {
    const { ref, version } = identify(root);
    const lines = onLine && ((line: string) => onLine(ref, line));
    const envs = programs ?? environmentsOf(ref, config);
    return { ref, result: await testPack({ root, ref, version, envs, owner, onLine: lines }, abort) };
  };
  if (!isLive) return await run(path, undefined);
  const owner = ownerOf(config);
  using copy = copied(path, pack, owner);
  return await run(copy.root, owner);
}

function identify(root: string): PackIdentity {
  if (lstatIfAny(join(root, "pack.yaml")) !== undefined) return readPackIdentity(root);
  throw new PacksyncError("PACK_FAILED", `Expected a \`pack.yaml\` in ${root}, got none`);
}

/** Whoever the volume belongs to: what its packs say is nothing for root to do. */
function ownerOf({ owner, volume }: Config): Owner | undefined {
  if (process.geteuid?.() !== 0) return undefined;
  const found = statSync(volume, { throwIfNoEntry: false }); // not there before the first pack
  return ownerToSet(owner ?? (found && { uid: found.uid, gid: found.gid }));
}

/** A pack may be exchanged while it is copied; then it is copied again. */
function copied(path: string, ref: string, owner: Owner | undefined): Disposable & { readonly root: string } {
  using owned = new DisposableStack();
  const scratch = owned.use(scratchDirectory("packsync-test-"));
  const root = join(scratch.path, ref);
  for (let before: number | undefined; before !== lstatSync(path).ino; ) {
    before = lstatSync(path).ino;
    rmSync(root, { recursive: true, force: true });
    copyDirectory(path, root, LIMITS);
  }
  adoptTree(scratch.path, owner);
  const mine = owned.move();
  return { root, [Symbol.dispose]: () => mine.dispose() };
}

/** Where the environments of a pack have their programs, as far as there are any. */
function environmentsOf(ref: string, { runtimeEnvsDir }: Config): readonly string[] {
  if (runtimeEnvsDir === undefined) return [];
  const [python, node] = [join(runtimeEnvsDir, ref, "python/bin"), join(runtimeEnvsDir, ref, "nodejs/node_modules")];
  // Not every package has programs: there may be no `.bin`, and libraries all the same.
  return [...(existsSync(python) ? [python] : []), ...(existsSync(node) ? [join(node, ".bin")] : [])];
}
