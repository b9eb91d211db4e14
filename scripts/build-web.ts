// Builds the dashboard, `web/`, to dist/web/; with `--if-stale` only if what is there was built from other sources.
// Each file stands there compressed, too: nothing is compressed while somebody waits.
import { createHash } from "node:crypto";
import { globSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

const root = fileURLToPath(new URL("..", import.meta.url));
const DIST = `${root}dist`;
/** What the built files are of. */
const STAMP = "sources.sha256";

/** Builds beside it, and takes its place at once: whoever reads it sees one build. */
export async function buildWeb(dist: string): Promise<void> {
  const outDir = `${dist}/web.${process.pid}`;
  const { build } = await import("vite"); // whoever finds nothing stale need not wait for it
  await build({
    configFile: false,
    root: `${root}web`,
    base: "./", // a proxy may serve it below a path of its own
    logLevel: "warn",
    oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
    build: {
      outDir,
      emptyOutDir: true,
      target: "es2023",
      cssCodeSplit: false,
      assetsInlineLimit: 0, // the Content-Security-Policy has no exceptions
      modulePreload: { polyfill: false },
    },
  });
  await Promise.all(filesOf(outDir).map(compress));
  writeFileSync(`${outDir}/${STAMP}`, stampOf());
  rmSync(`${dist}/web`, { recursive: true, force: true });
  renameSync(outDir, `${dist}/web`);
}

/** Unless what is there was built from these sources. */
export async function buildStaleWeb(): Promise<void> {
  if (isStale(DIST)) await buildWeb(DIST);
}

async function compress(path: string): Promise<void> {
  const bytes = readFileSync(path);
  const best = { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } };
  writeFileSync(`${path}.br`, await promisify(brotliCompress)(bytes, best));
  writeFileSync(`${path}.gz`, await promisify(gzip)(bytes, { level: constants.Z_BEST_COMPRESSION }));
}

function filesOf(directory: string): readonly string[] {
  const entries = globSync("**", { cwd: directory, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => `${parentPath}/${name}`);
}

function stampOf(): string {
  const others = ["docs/diagnostics.md", "package-lock.json", "scripts/build-web.ts"].map((path) => `${root}${path}`);
  const sources = [...filesOf(`${root}web`), ...others].toSorted();
  const hash = createHash("sha256");
  for (const path of sources) hash.update(`${path.slice(root.length)}\0`).update(readFileSync(path));
  return hash.digest("hex");
}

function isStale(dist: string): boolean {
  try {
    return readFileSync(`${dist}/web/${STAMP}`, "utf8") !== stampOf();
  } catch {
    return true;
  }
}

if (import.meta.main) {
  if (process.argv[2] === "--if-stale") await buildStaleWeb();
  else await buildWeb(DIST);
}
