// Bundles src/main.ts to dist/, or to the directory that is named: `packsync.js`, which starts the program itself (scripts/launcher.ts), the libraries that most
// runs do without, the threads, koffi's one native file, and the dashboard. Then it is used once, so that it starts sooner (scripts/warm-up.ts).
import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { type BuildOptions, build, type Plugin } from "esbuild";
import { buildWeb } from "./build-web.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = process.argv[2] ?? `${root}dist`;

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

const THREADS = ["scan", "volume", "catalog", "delivery", "environments", "events", "server"];

const common = {
  absWorkingDir: root,
  outdir: dist,
  bundle: true,
  format: "cjs",
  platform: "node",
  target: "node24",
  charset: "ascii", // the launcher reads it so
  supported: { "dynamic-import": false }, // what V8 compiled before cannot `import`
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
    ...Object.fromEntries(THREADS.map((name) => [name, `src/${name}-thread.ts`])),
  },
  plugins: [koffiNative, noChildProcess, lazyLibraries],
  define: { "import.meta.url": "__url" },
  banner: { js: BANNER },
});
await build({ ...common, entryPoints: { packsync: "scripts/launcher.ts" }, banner: { js: "#!/usr/bin/env node" } });
chmodSync(`${dist}/packsync.js`, 0o755);
for (const name of THREADS) writeFileSync(`${dist}/${name}-thread.js`, thread(name));
writeFileSync(`${dist}/package.json`, '{ "type": "commonjs" }\n');
copyFileSync(nativeKoffi(), `${dist}/koffi.node`);
await buildWeb(dist);
execFileSync(process.execPath, [`${root}scripts/warm-up.ts`, dist], { stdio: "pipe" });

/** Each thread has to turn the compile cache on for itself. */
function thread(name: string): string {
  return `require("node:module").enableCompileCache({ directory: __dirname + "/compile-cache", portable: true });
require("./${name}.js");
`;
}

/** The native file that koffi itself would load here: of this architecture, for glibc or musl. */
function nativeKoffi(): string {
  const require = createRequire(import.meta.url);
  require("koffi");
  const loaded = Object.keys(require.cache).find((path) => path.endsWith("/koffi.node"));
  if (loaded === undefined) throw new Error("koffi has no native file for this machine");
  return loaded;
}
