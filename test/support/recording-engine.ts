import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { errnoOf } from "../../src/errors.ts";

/** In everything that nobody may see through the guard. */
export const SECRET = "TOP-SECRET";

interface FakeContainer {
  readonly id: string;
  readonly name: string;
  readonly project: string;
  readonly service: string;
}

function container(project: string, service: string): FakeContainer {
  const name = `${project}_${service}_1`;
  return { id: createHash("sha256").update(name).digest("hex"), name, project, service };
}

export const API = container("mine", "api");
export const WORKER = container("mine", "worker-python");
export const DATABASE = container("mine", "postgres");
export const FOREIGN = container("other", "api");
const ALL = [API, WORKER, DATABASE, FOREIGN];

/** A request as it came to the engine. */
export interface Recorded {
  readonly line: string;
  readonly headers: readonly string[];
  readonly body: string;
}

export interface RecordingEngine extends AsyncDisposable {
  readonly recorded: Recorded[];
  /** What was no HTTP. */
  readonly garbage: string[];
}

/** Stands in for an engine: it records what comes, filters nothing, and answers anything with secrets in it. */
export async function startRecordingEngine(socket: string): Promise<RecordingEngine> {
  const recorded: Recorded[] = [];
  const garbage: string[] = [];
  const server = createServer({ insecureHTTPParser: true }, async (request, response) => {
    const { method = "", url = "", rawHeaders: headers } = request;
    const body = Buffer.concat(await request.toArray()).toString();
    recorded.push({ line: `${method} ${url}`, headers, body });
    const answer = method === "POST" && /\/(restart|kill)\b/.test(url) ? undefined : answerTo(url);
    response.writeHead(answer === undefined ? 204 : 200, { "content-type": "application/json", server: SECRET });
    response.end(answer && JSON.stringify(answer));
  });
  for (const event of ["upgrade", "connect"])
    server.on(event, ({ method, url }) => void garbage.push(`${method} ${url}`));
  server.on("clientError", (error) => {
    const code = String(errnoOf(error));
    if (code.startsWith("HPE_")) garbage.push(code); // else it hung up
  });
  server.listen(socket);
  await once(server, "listening");
  return {
    recorded,
    garbage,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function answerTo(url: string): unknown {
  if (url.startsWith("/containers/json")) return ALL.map(summary);
  const found = ALL.find(({ id }) => url === `/containers/${id}/json`);
  if (found !== undefined) return details(found);
  return url === "/info" ? { SystemTime: "2026-11-21T12:00:00.123456789Z", Name: SECRET } : { secret: SECRET };
}

const labels = ({ project, service }: FakeContainer) => ({
  "com.docker.compose.project": project,
  "com.docker.compose.service": service,
  "com.docker.compose.project.working_dir": SECRET,
});

function summary(about: FakeContainer) {
  const { id, name } = about;
  const shown = { State: "running", Status: "Up", Created: 1, Labels: labels(about) };
  return { Id: id, Names: [`/${name}`], Image: SECRET, Command: SECRET, Ports: [SECRET], Mounts: [SECRET], ...shown };
}

function details(about: FakeContainer) {
  const flags = { Running: true, Paused: false, Restarting: false, ExitCode: 0, Error: SECRET, Pid: 7 };
  const times = { StartedAt: "2026-11-21T11:00:00Z", FinishedAt: "0001-01-01T00:00:00Z" };
  const health = { Health: { Status: "healthy", FailingStreak: 0, Log: [SECRET] } };
  return {
    ...{ Id: about.id, Name: `/${about.name}`, Created: "2026-11-21T11:00:00Z", RestartCount: 0 },
    State: { Status: "running", ...flags, ...times, ...health },
    Config: { Env: [`PASSWORD=${SECRET}`], Labels: labels(about) },
    Mounts: [{ Source: SECRET }],
  };
}
