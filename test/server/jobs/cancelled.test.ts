import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { PATIENCE } from "../../scenarios/support/daemon.ts";
import { served } from "../serving.ts";

const ROUNDS = 8;
const MANIFEST = `label: Sky
version: 1.0.0
testing: {enabled: true, discovery: {method: directory, path: tests}, runners: {shell: {type: script, entry_point: tests/run.sh}}}
`;

test("whenever a registration is cancelled, the pack is live and registered as a whole, or there is nothing of it", async () => {
  await using it = await served({ server: { roots: ["."] } });
  const seen = new Set<string>();
  const packs = Object.fromEntries(
    Array.from({ length: ROUNDS }, (_, round) => [
      `sky${round}`,
      { "pack.yaml": `ref: sky${round}\n${MANIFEST}`, tests: { "run.sh": "echo fine\n" } },
    ]),
  );
  it.write("incoming", packs);
  for (const [round, ref] of Object.keys(packs).entries()) {
    const body = { path: it.at(`incoming/${ref}`) };
    const { json } = await it.send("POST", "/api/v1/packs/register", body, { prefer: "respond-async" });
    const job = `/api/v1/jobs/${json.data.id}`;
    await sleep(round * 25); // later each time: every stage is met somewhere, on whatever machine
    const { status } = await it.send("DELETE", job);
    const state = async () => (await it.send("GET", job)).json.data.state;
    await expect.poll(state, PATIENCE).toMatch(/^(cancelled|succeeded)$/);
    const ended: string = await state();
    seen.add(ended);
    if (status === 409) expect(ended).toBe("succeeded");
    const isLive = it.exists(`volume/${ref}/pack.yaml`);
    const isRegistered = (await it.send("GET", `/api/v1/packs/${ref}`)).status === 200;
    expect({ ref, isLive, isRegistered }).toEqual({
      ref,
      isLive: ended === "succeeded",
      isRegistered: ended === "succeeded",
    });
  }
  expect(seen).toContain("cancelled");
  const rest = Object.keys(packs).map((ref) => it.at(`incoming/${ref}`));
  const { json } = await it.send("POST", "/api/v1/packs/register-batch", { pack_paths: rest, force: true });
  expect(json.data.summary).toMatchObject({ success_count: ROUNDS, failure_count: 0 });
});
