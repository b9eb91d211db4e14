// The long proofs: every kill point for more shapes of packs, every call that fails in each way that it can, a power cut at every
// call, and many more random sequences. Takes hours. Arguments go to vitest, e.g. `npm run soak -- -t EIO`.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const tests = ["kill-points", "failing-calls", "power-cut", "model", "costly-packs", "daemon-git"];
const env = { PACKSYNC_TEST_SEQUENCES: "100000", ...process.env, PACKSYNC_TEST_SOAK: "1" };
const args = ["vitest", "run", "--hookTimeout=0", ...tests, ...process.argv.slice(2)];
const { status } = spawnSync("npx", args, { cwd: root, env, stdio: "inherit" });
process.exitCode = status ?? 1;
