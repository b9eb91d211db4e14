// Bundles src/main.ts to dist/, or to the directory that is named: `packsync.js`, a launcher that turns the compile cache on, the program itself, the
// libraries that most runs do without, the second thread, koffi's one native file, and the dashboard.
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { type BuildOptions, build, type Plugin } from "esbuild";
import { buildWeb } from "./build-web.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = process.argv[2] ?? `${root}dist`;

/**
 * Each thread has to turn the compile cache on for itself. V8's room for what is young stays small: a sync of 100,000 files has 70 MB
 * less resident then, and takes no longer (`npm run bench -- --case memory,cold`).
 */
const launcher = (program: string) => `#!/usr/bin/env node
const { enableCompileCache } = require("node:module");
if (parseInt(process.versions.node) < 24) {
  console.error("packsync: Expected Node 24 or newer, got " + process.versions.node + ".");
  process.exit(2);
}
require("node:v8").setFlagsFromString("--semi-space-growth-factor=1");
enableCompileCache({ directory: __dirname + "/compile-cache", portable: true });
require("./${program}.js");
`;

/** What a bundle needs that a module has by itself. */
const BANNER = 'const __url = "file://" + __filename;';

/** koffi's JavaScript only looks for its native file; the bundle knows where it is. */
const koffiNative: Plugin = {
  name: "koffi-native",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^koffi$/ }, ({ path }) => ({ path, namespace: "koffi" }));
    onLoad({ filter: /.*/, namespace: "koffi" }, () => ({
      contents: 'module.exports = require("./koffi.node");',
      loader: "js",
    }));
    onResolve({ filter: /koffi\.node$/, namespace: "koffi" }, ({ path }) => ({ path, external: true }));
  },
};

/** commander starts subcommands that are programs of their own; packsync has none, and Node need not load what that takes. */
const noChildProcess: Plugin = {
  name: "no-child-process",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      importer.includes("/commander/") ? { path: "child_process", namespace: "absent" } : undefined,
    );
    onLoad({ filter: /.*/, namespace: "absent" }, () => ({ contents: "export default {};", loader: "js" }));
  },
};

/** Libraries that most runs never need: a file each, loaded with the first use. */
const LAZY = [
  "@fastify/multipart",
  "@fastify/rate-limit",
  "@fastify/swagger",
  "@fastify/websocket",
  "diff",
  "execa",
  "fastify",
  "fastify-type-provider-zod",
  "jose",
  "js-yaml",
  "pg",
  "pino",
  "pino-pretty",
  "prom-client",
  "saxes",
  "tap-parser",
  "tar",
  "undici",
  "yaml",
  "yauzl",
] as const;

const lazyLibraries: Plugin = {
  name: "lazy-libraries",
  setup({ onResolve }) {
    onResolve({ filter: new RegExp(`^(${LAZY.join("|")})$`) }, ({ path, importer }) =>
      importer.startsWith(`${root}src/`) ? { path: `./${fileOf(path)}.js`, external: true } : undefined,
    );
  },
};

function fileOf(library: string): string {
  return library.replaceAll("/", "-");
}

const common = {
  absWorkingDir: root,
  outdir: dist,
  bundle: true,
  format: "cjs",
  platform: "node",
  target: "node24",
  minify: true,
  legalComments: "none",
  logLevel: "warning",
} as const satisfies BuildOptions;

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });
await build({ ...common, entryPoints: Object.fromEntries(LAZY.map((library) => [fileOf(library), library])) });
await build({
  ...common,
  entryPoints: {
    main: "src/main.ts",
    thread: "src/scan-thread.ts",
    volume: "src/volume-thread.ts",
    catalog: "src/catalog-thread.ts",
    delivery: "src/delivery-thread.ts",
    environments: "src/environments-thread.ts",
    events: "src/events-thread.ts",
    server: "src/server-thread.ts",
  },
  plugins: [koffiNative, noChildProcess, lazyLibraries],
  define: { "import.meta.url": "__url" },
  banner: { js: BANNER },
});
writeFileSync(`${dist}/packsync.js`, launcher("main"), { mode: 0o755 });
writeFileSync(`${dist}/scan-thread.js`, launcher("thread"));
writeFileSync(`${dist}/volume-thread.js`, launcher("volume"));
writeFileSync(`${dist}/catalog-thread.js`, launcher("catalog"));
writeFileSync(`${dist}/delivery-thread.js`, launcher("delivery"));
writeFileSync(`${dist}/environments-thread.js`, launcher("environments"));
writeFileSync(`${dist}/events-thread.js`, launcher("events"));
writeFileSync(`${dist}/server-thread.js`, launcher("server"));
writeFileSync(`${dist}/package.json`, '{ "type": "commonjs" }\n');
copyFileSync(nativeKoffi(), `${dist}/koffi.node`);
await buildWeb(dist);

/** The native file that koffi itself would load here: of this architecture, for glibc or musl. */
function nativeKoffi(): string {
  const require = createRequire(import.meta.url);
  require("koffi");
  const loaded = Object.keys(require.cache).find((path) => path.endsWith("/koffi.node"));
  if (loaded === undefined) throw new Error("koffi has no native file for this machine");
  return loaded;
}
