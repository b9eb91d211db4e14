// `npm run dev:stack`: builds the image, brings docker/compose.yaml up on the local engine, and follows its log; Ctrl-C takes it down again.
// `npm run dev:stack -- up` leaves it running, `npm run dev:stack -- down` takes it down; volumes stay.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const PROJECT = "packsync-dev";
const env = { DOCKER_BUILDKIT: "1", ...process.env };

/** @returns its exit code; 127: there is no such program */
function run(file: string, args: readonly string[], stdio: "inherit" | "ignore" = "inherit"): number {
  const { status, error } = spawnSync(file, args, { cwd: root, env, stdio });
  return error === undefined ? (status ?? 1) : 127;
}

/** Compose is a part of newer clients, and a program of its own beside older ones. */
const isPart = run("docker", ["compose", "version"], "ignore") === 0;
const [file, ...first] = isPart ? (["docker", "compose"] as const) : (["docker-compose"] as const);
const compose = (...args: readonly string[]) =>
  run(file, [...first, "-p", PROJECT, "-f", "docker/compose.yaml", ...args]);

function up(): number {
  const built = run("docker", [
    "build",
    "--target",
    "packsync",
    "--tag",
    process.env["PACKSYNC_IMAGE"] ?? "packsync",
    ".",
  ]);
  return built === 0 ? compose("up", "--detach") : built;
}

function follow(): number {
  process.on("SIGINT", () => {}); // compose gets it, too, and ends
  const started = up();
  if (started === 0) compose("logs", "--follow");
  const ended = compose("down");
  return started === 0 ? ended : started;
}

const COMMANDS: Readonly<Record<string, () => number>> = { up, down: () => compose("down"), "": follow };
const command = COMMANDS[process.argv[2] ?? ""];
if (command === undefined) process.stderr.write("Expected `up`, `down` or nothing.\n");
process.exitCode = command?.() ?? 2;
