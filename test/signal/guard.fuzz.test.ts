import fc from "fast-check";
import { expect, test } from "vitest";
import { openGuard } from "../../src/guard.ts";
import { isSoak } from "../scenarios/support/is-soak.ts";
import { hostileRequests, type RawRequest } from "../support/hostile-requests.ts";
import { sendRaw, statusOf } from "../support/raw-request.ts";
import {
  API,
  DATABASE,
  FOREIGN,
  type Recorded,
  SECRET,
  startRecordingEngine,
  WORKER,
} from "../support/recording-engine.ts";
import { silent } from "../support/sync.ts";
import { scratch } from "../support/trees.ts";

/** All of them in a soak: they take a minute. */
const REQUESTS = isSoak ? 100_000 : 10_000;
const BATCH = 50;

/** Everything that may ever reach the engine, byte by byte. */
const id = `(${[API, WORKER].map((each) => each.id).join("|")})`;
const LIST = "GET /containers/json?all=1&filters=%7B%22label%22%3A%5B%22com.docker.compose.project%3Dmine%22%5D%7D";
const LOOKS = new RegExp(`^GET (/_ping|/info|/containers/${id}/json)$`);
const ACTS = new RegExp(`^POST /containers/${id}/(restart|kill\\?signal=SIGHUP)$`);

const anyBatch = fc.array(hostileRequests({ allowed: [API, WORKER], forbidden: [DATABASE, FOREIGN] }), {
  minLength: BATCH,
  maxLength: BATCH,
});

test(`of ${REQUESTS} hostile requests none reaches the engine that should not, and nobody learns what is not theirs`, async () => {
  using directory = scratch();
  const socket = `${directory.path}/g.sock`;
  const host = `${directory.path}/e.sock`;
  await using engine = await startRecordingEngine(host);
  const policy = { project: "mine", services: ["api", "worker-*"], signals: ["SIGHUP"] };
  await using _ = await openGuard({ policy, socket, host, owner: undefined, log: silent });
  let granted = 0;
  const holds = async (batch: readonly RawRequest[]): Promise<void> => {
    engine.recorded.length = 0;
    const answers = await Promise.all(batch.map(({ bytes, ending }) => sendRaw(socket, bytes, ending)));
    expectHarmless(engine.recorded);
    expect(engine.garbage).toEqual([]);
    for (const [index, request] of batch.entries()) {
      const answer = answers[index] ?? "";
      expect(answer.includes(SECRET), request.bytes).toBe(false);
      if (request.wanted !== "harmless") expect(STATUSES[request.wanted], request.bytes).toContain(statusOf(answer));
      granted += Number(request.wanted === "granted");
    }
  };
  await fc.assert(fc.asyncProperty(anyBatch, holds), { numRuns: REQUESTS / BATCH, endOnFailure: true });
  expect(granted, "what is meant gets through beside the attack").toBeGreaterThan(REQUESTS / 50);
}, 600_000);

const STATUSES = { granted: [200, 204], refused: [400, 403, 431] };

function expectHarmless(recorded: readonly Recorded[]): void {
  for (const { line, headers, body } of recorded) {
    expect(line === LIST || LOOKS.test(line) || ACTS.test(line), line).toBe(true);
    expect(body).toBe("");
    expect(
      headers
        .filter((_, index) => index % 2 === 0)
        .map((name) => name.toLowerCase())
        .sort(),
    ).toEqual(line.startsWith("POST") ? ["connection", "content-length", "host"] : ["connection", "host"]);
  }
}
