// The long proofs: every kill point and every call that fails, for more shapes of packs; every call before a power cut;
// and what else reads these two variables. Takes an hour or two; arguments go to vitest, e.g. `npm run soak -- -t EIO`.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const tests = [
  "test/soak",
  "test/scenarios/kill-points.test.ts",
  "test/scenarios/power-cut.test.ts",
  "test/model",
].filter((path) => existsSync(`${root}${path}`));
const env = { PACKSYNC_TEST_SEQUENCES: "100000", ...process.env, PACKSYNC_TEST_SOAK: "1" };
const args = ["vitest", "run", "--hookTimeout=0", ...tests, ...process.argv.slice(2)];
const { status } = spawnSync("npx", args, { cwd: root, env, stdio: "inherit" });
process.exitCode = status ?? 1;
