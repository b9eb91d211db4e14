// `npm run dev:stack`: builds the image, brings docker/compose.yaml up on the local engine, and follows its log; Ctrl-C takes it down again.
// `npm run dev:stack -- up` leaves it running, `npm run dev:stack -- down` takes it down; volumes stay.
// It has a database where PostgreSQL's image is at hand; nothing is fetched for that.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const PROJECT = "packsync-dev";
const env = { DOCKER_BUILDKIT: "1", ...process.env };

type Variables = Readonly<Record<string, string>>;
interface Options {
  readonly stdio?: "inherit" | "ignore";
  readonly more?: Variables;
}

/** @returns its exit code; 127: there is no such program */
function run(file: string, args: readonly string[], { stdio = "inherit", more = {} }: Options = {}): number {
  const { status, error } = spawnSync(file, args, { cwd: root, env: { ...env, ...more }, stdio });
  return error === undefined ? (status ?? 1) : 127;
}

const succeeds = (file: string, args: readonly string[]) => run(file, args, { stdio: "ignore" }) === 0;

/** Compose is a part of newer clients, and a program of its own beside older ones. */
const [file, ...first] = succeeds("docker", ["compose", "version"])
  ? (["docker", "compose"] as const)
  : (["docker-compose"] as const);
const compose = (args: readonly string[], more?: Variables) =>
  run(file, [...first, "-p", PROJECT, "-f", "docker/compose.yaml", ...args], more === undefined ? {} : { more });

/** Whatever was brought up, with a database or without. */
const WITH_DATABASE = ["--profile", "database"];
const wholeStack = (...args: readonly string[]) => compose([...WITH_DATABASE, ...args]);

function startServices(): number {
  const args = ["up", "--detach"];
  if ((process.env["DB_HOST"] ?? "") !== "") return compose(args); // it is somebody's own
  const image = process.env["POSTGRES_IMAGE"] || "postgres:17";
  if (succeeds("docker", ["image", "inspect", image]))
    return compose([...WITH_DATABASE, ...args], { DB_HOST: "postgres" });
  process.stdout.write(
    `Without a database: the image ${image} is not here. To have packs registered in one, \`docker pull ${image}\` or set POSTGRES_IMAGE.\n`,
  );
  return compose(args);
}

function up(): number {
  const tag = process.env["PACKSYNC_IMAGE"] ?? "packsync";
  const built = run("docker", ["build", "--target", "packsync", "--tag", tag, "."]);
  return built === 0 ? startServices() : built;
}

function follow(): number {
  process.on("SIGINT", () => {}); // compose gets it, too, and ends
  const started = up();
  if (started === 0) wholeStack("logs", "--follow");
  const ended = wholeStack("down");
  return started === 0 ? ended : started;
}

const COMMANDS: Readonly<Record<string, () => number>> = { up, down: () => wholeStack("down"), "": follow };
const command = COMMANDS[process.argv[2] ?? ""];
if (command === undefined) process.stderr.write("Expected `up`, `down` or nothing.\n");
process.exitCode = command?.() ?? 2;
