// Makes `npm start` and `npm test` work on a fresh clone: installs the locked dependencies, the Node that packsync
// runs on among them, if `node_modules` is not what the lock file says. Runs on the machine's own, possibly old, Node.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** The packages of a lock file, without those for other platforms: `name@version` each. */
function locked(path) {
  const { packages } = JSON.parse(readFileSync(`${root}${path}`, "utf8"));
  const names = Object.entries(packages).filter(([name, { optional }]) => name !== "" && !optional);
  return names.map(([name, { version }]) => `${name}@${version}`).sort();
}

function installed() {
  try {
    readFileSync(`${root}node_modules/.bin/node`).at(0);
    return locked("node_modules/.package-lock.json").join() === locked("package-lock.json").join();
  } catch {
    return false;
  }
}

if (!installed()) {
  process.stderr.write("packsync: installing dependencies (once; `npm ci`)\n");
  const { status } = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
  });
  process.exitCode = status ?? 1;
}

// The dashboard is built once, and after it was changed. Without it everything else works as well.
if (process.argv.includes("--web") && !process.exitCode) {
  const node = existsSync(`${root}node_modules/.bin/node`) ? `${root}node_modules/.bin/node` : process.execPath;
  const build = [`${root}scripts/build-web.ts`, "--if-stale"];
  const { status } = spawnSync(node, build, { cwd: root, stdio: ["ignore", 2, 2] });
  if (status !== 0) process.stderr.write("packsync: the dashboard could not be built; all else works\n");
}
