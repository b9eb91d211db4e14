// The long proofs: every kill point for more shapes of packs, every call that fails in each way that it can, a power cut at every
// call, and many more random sequences; 100,000 hostile requests to the guard; 10,000 hostile archives, and as many harmless ones;
// the daemon under churn, killed, and its memory, each of the endless ones for ten minutes or `--minutes=60`. Takes hours. Other
// arguments go to vitest, e.g. `npm run soak -- -t EIO`.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const tests = [
  "kill-points", // those of installations, too
  "failing-calls",
  "power-cut",
  "model",
  "costly-packs",
  "daemon-churn",
  "daemon-kill",
  "daemon-git",
  "daemon-memory",
  "guard.fuzz",
  "unpack.laws",
];
const MINUTES = "--minutes=";
const given = process.argv.slice(2);
const minutes = given.find((arg) => arg.startsWith(MINUTES))?.slice(MINUTES.length);
const env = {
  PACKSYNC_TEST_SEQUENCES: "100000",
  ...process.env,
  PACKSYNC_TEST_SOAK: "1",
  ...(minutes && { PACKSYNC_TEST_MINUTES: minutes }),
};
const args = ["vitest", "run", "--hookTimeout=0", ...tests, ...given.filter((arg) => !arg.startsWith(MINUTES))];
const { status } = spawnSync("npx", args, { cwd: root, env, stdio: "inherit" });
process.exitCode = status ?? 1;
