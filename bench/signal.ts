import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ENGINE_TOOLS, startEngine, type TestEngine } from "../test/support/engine.ts";
import type { Bench } from "./cases.ts";
import { fill, packsync, packsyncDaemon, volumeOf, work } from "./contenders.ts";
import { answerOf, programOf } from "./daemon.ts";
import type { Restarted } from "./programs/restarts.ts";
import { startStaying } from "./staying.ts";
import { type Measurement, SUBJECT } from "./targets.ts";

/** Everybody is taught by some saves first. */
const WARM_UP = 3;
/** Services are told every two seconds at most, so a save takes more than that. */
const SAVES = 5;

/** Writes down the last line of the file whenever it starts; ends at once when it is asked to. */
const SERVICE = `while read -r line; do last="$line"; done < /volume/$FILE; echo "$last" >> /out/starts
trap 'exit 0' TERM; while :; do sleep 0.02; done`;

const PROJECT = "bench";

/**
 * A definition is saved: until a service's container has been restarted, and its process has read the new bytes. Of that: until they are in the volume,
 * and from then until the engine is asked for the restart. By a real engine; `undefined`: there is none, or nobody who may start it.
 */
export async function signal(bench: Bench): Promise<readonly Measurement[] | undefined> {
  if (process.getuid?.() !== 0 || !hasAll([...ENGINE_TOOLS, "setpriv"])) return undefined;
  await fill(bench, packsync(bench));
  await using engine = await startEngine();
  const file = join(readdirSync(bench.source).sort()[0] ?? "", "actions", "action_01.yaml");
  const out = join(engine.directory, "out");
  mkdirSync(out);
  const [volume, socket] = [volumeOf(bench, SUBJECT), join(engine.directory, "b.sock")];
  await run(engine, { file, volume, out });
  await using _ = await startTelling(bench, socket);
  const args = { ...{ engine: join(engine.directory, "d.sock"), socket }, source: bench.source, volume, file, out };
  const saves = WARM_UP + SAVES * bench.runs;
  const answer = await answerOf(programOf(bench, "restarts", [JSON.stringify({ ...args, saves })]), bench);
  return measurements(bench, (answer as readonly Restarted[]).slice(WARM_UP));
}

function measurements({ size }: Bench, times: readonly Restarted[]): readonly Measurement[] {
  const of = (name: Measurement["case"], ms: (time: Restarted) => number): Measurement => {
    return { case: name, size, samples: new Map([[SUBJECT, times.map(ms)]]) };
  };
  return [
    of("signal", ({ visibleMs, issuedMs, restartedMs }) => visibleMs + issuedMs + restartedMs),
    of("signal: visible", ({ visibleMs }) => visibleMs),
    of("signal: issued", ({ issuedMs }) => issuedMs),
  ];
}

async function run(engine: TestEngine, { file, volume, out }: Record<"file" | "volume" | "out", string>) {
  const script = SERVICE.replace("$FILE", file);
  const binds = [`${volume}:/volume`, `${out}:/out`];
  await engine.run({ project: PROJECT, service: "api", script, binds });
}

/** The daemon, which asks the engine through a socket that writes down when; it is there before anybody is to be told. */
async function startTelling(bench: Bench, socket: string) {
  const command = packsyncDaemon(bench);
  const config = join(work(bench), "signal.yaml");
  const services = '{ "*": { ready: { runs: 0 } } }';
  const docker = `{ host: "unix://${socket}", project: ${PROJECT} }`;
  writeFileSync(config, `preset: attune-restart\nservices: ${services}\ndocker: ${docker}\n`);
  const args = [...command.args, "--config", config, "--log-level", "info"];
  const stderr = join(command.cwd, "stderr");
  return await startStaying({ ...command, args, stderr }, (line) => line.includes('"msg":"watching"'), bench.abort);
}

function hasAll(tools: readonly string[]): boolean {
  try {
    for (const tool of tools) execFileSync("sh", ["-c", 'command -v "$1"', "sh", tool], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
