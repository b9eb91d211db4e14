import { runProgram } from "./cli/program.ts";
import { PacksyncError } from "./errors.ts";

/** argv → command → exit code. The first SIGINT or SIGTERM ends the work between two packs, the second one at once. */
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () =>
    stop.abort(new PacksyncError("STOPPED", `Stopped by ${signal}: packs that were not live yet stay as they were.`)),
  );
}
process.umask(0o022);
process.exitCode = 1; // an event loop that runs dry before the end is no success

const { env, stdout, stderr } = process;
runProgram(process.argv.slice(2), { env, cwd: process.cwd(), stdout, stderr, abort: stop.signal }).then(
  async (exitCode) => {
    await Promise.all([stdout, stderr].map((stream) => new Promise((flushed) => stream.write("", flushed))));
    process.exit(exitCode);
  },
);
