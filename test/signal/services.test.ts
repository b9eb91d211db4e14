import { expect, test } from "vitest";
import type { HowSetting } from "../../src/plan/how.ts";
import type { PresetName } from "../../src/plan/presets.ts";
import { openNeighbours } from "../../src/signal/neighbours.ts";
import { driverFor, namedServices, settingOf } from "../../src/signal/services.ts";
import { openWire } from "../../src/signal/wire.ts";
import { noticeFor } from "../contract/driver.contract.ts";
import { silent } from "../support/sync.ts";
import { startServer } from "../support/wire.ts";

const never = new AbortController().signal;
const services: Readonly<Record<string, HowSetting>> = {
  "worker-full": "SIGUSR1",
  "worker-*": "SIGHUP",
  api: { exec: ["true"], timeout: 5 },
  "executor-2*": { how: "SIGUSR1", after: ["api"] },
  "executor*": { after: ["api"] },
  "hook-{a,b}": { http: { url: "http://hook" } },
};

test.for<[service: string, label: string | undefined, setting: unknown]>([
  ["worker-full", "restart", { how: "SIGUSR1" }],
  ["worker-shell", undefined, { how: "SIGHUP" }],
  ["api", "SIGHUP", { exec: ["true"], timeout: 5 }],
  ["hook-b", undefined, { http: { url: "http://hook" } }],
  ["executor-1", "SIGHUP", { how: "SIGHUP", after: ["api"] }],
  ["executor-2", "SIGHUP", { how: "SIGUSR1", after: ["api"] }],
  ["executor-1", undefined, { how: "restart", after: ["api"] }],
  ["sensor", "SIGUSR2", { how: "SIGUSR2" }],
  ["sensor", "restart", { how: "restart" }],
  ["sensor", "rm -rf /", { how: "restart" }],
  ["sensor", undefined, { how: "restart" }],
])("packsync.yaml comes first, then the label, then a restart: %s, labelled %s", ([service, label, setting]) => {
  expect(settingOf(service, services, label)).toEqual(setting);
});

test("whoever is told without a container is known by name only", () => {
  expect(namedServices({ services, preset: "attune", platform: {}, token: { text: undefined } })).toEqual(["api"]);
});

/** One service told once, as it is set. */
async function told(
  service: string,
  setting: HowSetting,
  about: { readonly preset?: PresetName; readonly url?: string; readonly environments?: "auto" } = {},
) {
  await using neighbours = openNeighbours({ host: "unix:///nowhere.sock", project: "p" });
  await using wire = openWire();
  const { preset = "attune", url, environments } = about;
  const settings = {
    services: { [service]: setting },
    preset,
    platform: { url },
    environments,
    token: { text: "t0ken" },
  };
  let nowMs = 0;
  const sleep = async (ms: number): Promise<void> => {
    nowMs += ms;
  };
  const deps = { settings, neighbours, wire, log: silent, sleep, now: () => nowMs };
  return await driverFor(service, settingOf(service, settings.services, undefined), deps).tell(
    noticeFor({ service }),
    never,
  );
}

test.for<[service: string, preset: PresetName, url: string | undefined, why: string]>([
  ["register", "attune", undefined, "there is no way into the platform's database: set `platform.url`"],
  ["environments", "stackstorm", undefined, "there is no way into the platform's database: set `platform.url`"],
  ["environments", "attune", "http://api", "Attune makes environments by itself"],
])("%s is nobody's with the preset %s and the API at %s", async ([service, preset, url, why]) => {
  expect(await told(service, "restart", { preset, ...(url !== undefined && { url }) })).toEqual({
    kind: "absent",
    why,
  });
});

test("environments are nobody's where packsync builds them by itself", async () => {
  expect(await told("environments", "restart", { environments: "auto" })).toEqual({
    kind: "absent",
    why: "packsync builds environments by itself: `environments: auto`",
  });
});

test("what a command restarts is back when its URL answers, and unhealthy when it never does", async () => {
  let answers = 0;
  await using server = await startServer(() => ({ status: ++answers < 3 ? 503 : 200 }));
  const ready = { http: server.url, timeout: 60 };
  expect(await told("api", { exec: ["true"], ready })).toEqual({ kind: "told", evidence: ["`true` ended with 0"] });
  expect(answers).toBe(3);
  server.reply = () => ({ status: 503 });
  expect(await told("api", { exec: ["true"], ready })).toEqual({
    kind: "unhealthy",
    why: "api does not answer within 60 s",
    evidence: ["`true` ended with 0"],
  });
});

test("Attune finds the volume where it is told to be, else at its own place", async () => {
  const body = { data: { registered_packs: [{ pack_ref: "demo" }], failed_packs: [] } };
  await using server = await startServer(() => ({ status: 200, body }));
  await told("register", "restart", { url: server.url });
  expect(JSON.parse(server.received[0]?.body ?? "")).toMatchObject({ pack_paths: ["/opt/attune/packs/demo"] });
});
