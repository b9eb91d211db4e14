// Bundles src/main.ts to dist/: a launcher that turns the compile cache on, the program, the checker's thread, and
// koffi's one native file. Runs once with the new bundle, so that the cache is warm for this user.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = `${root}dist`;

const LAUNCHER = `#!/usr/bin/env node
import { enableCompileCache } from "node:module";
enableCompileCache({ directory: new URL("./compile-cache", import.meta.url).pathname, portable: true });
await import("./main.js");
`;

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);
await build({
  absWorkingDir: root,
  entryPoints: { main: "src/main.ts", "checker-worker": "src/scan/checker-worker.ts" },
  outdir: dist,
  bundle: true,
  splitting: true,
  chunkNames: "chunks/[name]-[hash]",
  format: "esm",
  platform: "node",
  target: "node24",
  minify: true,
  legalComments: "none",
  logLevel: "warning",
  banner: { js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);' },
});
writeFileSync(`${dist}/packsync.js`, LAUNCHER, { mode: 0o755 });
