import { mkdirSync, mkdtempDisposableSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "vitest";
import type { Flags } from "../../src/config/flags.ts";
import { type LoadedConfig, loadConfig } from "../../src/config/load.ts";
import { PacksyncError } from "../../src/errors.ts";

/** What somebody typed, exported and wrote down; file names are relative to the working directory. */
export interface Setup {
  readonly flags?: Flags;
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** Content of the image's defaults, which lie in `image/`. */
  readonly image?: string;
  /** Who runs it. */
  readonly isRoot?: boolean;
  /** Does something else to the working directory before loading. */
  readonly prepare?: (cwd: string) => void;
}

/** Loads in an empty working directory of its own, which the paths of the result are relative to. */
export async function load(setup: Setup): Promise<LoadedConfig> {
  using scratch = mkdtempDisposableSync(join(tmpdir(), "packsync-config-"));
  const cwd = realpathSync(scratch.path);
  const files = { ...setup.files, ...(setup.image !== undefined && { "image/defaults.yaml": setup.image }) };
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(cwd, name)), { recursive: true });
    writeFileSync(join(cwd, name), content);
  }
  setup.prepare?.(cwd);
  try {
    const { flags = {}, env = {}, isRoot = true } = setup;
    return relativeTo(cwd, await loadConfig(flags, env, cwd, join(cwd, "image/defaults.yaml"), isRoot));
  } catch (error) {
    if (!(error instanceof PacksyncError)) throw error;
    const { code, message, hint, position } = error;
    throw new PacksyncError(code, ...relativeTo(cwd, [message, { hint, position }] as const));
  }
}

/** The error that loading ends with. */
export async function failure(setup: Setup): Promise<PacksyncError> {
  const error = await load(setup).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect.assert(error instanceof PacksyncError, `expected a PacksyncError, got ${error}`);
  return error;
}

/** `value` with each absolute path below `cwd` as a relative one. */
function relativeTo<T>(cwd: string, value: T): T;
function relativeTo(cwd: string, value: unknown): unknown {
  if (typeof value === "string") return value.replaceAll(`${cwd}/`, "").replaceAll(cwd, ".");
  if (Array.isArray(value)) return value.map((item) => relativeTo(cwd, item));
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, relativeTo(cwd, item)]));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, relativeTo(cwd, item)]));
}
