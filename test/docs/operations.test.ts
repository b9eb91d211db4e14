import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { LEGS, NO_CANARY } from "../../src/canary/status.ts";
import { EVENT_KINDS } from "../../src/events/event.ts";
import { faultsOf, type HealthQuestion } from "../../src/health.ts";
import { PACK_STATES } from "../../src/server/dashboard/documents.ts";
import { packs } from "../scenarios/support/packs.ts";
import { type Story, story } from "../scenarios/support/story.ts";

const root = join(import.meta.dirname, "../..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const page = read("docs/operations.md");

function section(heading: string): string {
  const [, below = ""] = page.split(`\n## ${heading}\n`);
  return below.split("\n## ")[0] ?? "";
}

/** What the first cells of a section's tables say in code. */
function words(heading: string): string[] {
  const rows = section(heading).split("\n");
  return rows.flatMap((row) => /^\| `([^|]+)` \|/.exec(row)?.[1] ?? []).sort();
}

/** The members of a union of texts, which is not there any more when the program runs. */
function members(file: string, type: string): string[] {
  const [, union = ""] = new RegExp(`export type ${type} =([^;]+);`).exec(read(file)) ?? [];
  return [...union.matchAll(/"([^"]+)"/g)].map(([, name = ""]) => name);
}

describe("docs/operations.md has every word, and no other, of", () => {
  test.for([
    ["States of packs", [...new Set([...members("src/cycle/status.ts", "PackState"), ...PACK_STATES])]],
    ["Sources", [...members("src/loop/status.ts", "Watching"), ...members("src/plan/hold.ts", "HoldReason")]],
    ["Services", members("src/signal/queue.ts", "ServiceStatus")],
    ["Events", EVENT_KINDS],
  ] as const)("%s", ([heading, expected]) => {
    expect(expected.length).toBeGreaterThan(3);
    expect(words(heading)).toEqual(expected.toSorted());
  });

  test("catalogs and environments", () => {
    const catalogs = members("src/catalog/registrations.ts", "RegistrationState");
    const databases = /state: ("[a-z]+"(?: \| "[a-z]+")+)/.exec(read("src/catalog/registrations.ts"))?.[1] ?? "";
    const environments = /state: ("[a-z]+"(?: \| "[a-z]+")+)/.exec(read("src/environments-built.ts"))?.[1] ?? "";
    const others = [...`${databases} ${environments}`.matchAll(/"([a-z]+)"/g)].map(([, name = ""]) => name);
    expect(words("Catalogs and environments")).toEqual([...new Set([...catalogs, ...others])].sort());
  });
});

test("docs/operations.md leads to every alert, by its severity", () => {
  const { groups }: { groups: { rules: { alert: string; labels: { severity: string } }[] }[] } = parse(
    read("docker/prometheus/alerts.yaml"),
  );
  const rules = groups.flatMap(({ rules }) => rules.map(({ alert, labels: { severity } }) => `${severity}: ${alert}`));
  const rows = section("What to alert on").matchAll(/^\| (critical|warning|info) \|(.*)$/gm);
  const linked = [...rows].flatMap(([, severity = "", row = ""]) =>
    [...row.matchAll(/\[(\w+)\]\(metrics\.md#(\w+)\)/g)].map(([, name = "", anchor]) => {
      expect(anchor).toBe(name.toLowerCase());
      return `${severity}: ${name}`;
    }),
  );
  expect(linked.sort()).toEqual(rules.sort());
});

const FINE: NonNullable<HealthQuestion["daemon"]> = {
  lastCycle: { at: "2026-11-21T12:00:00.000Z", durationMs: 1 },
  trouble: undefined,
  stages: [],
  roots: [],
  sources: [{ name: "packs", path: "/packs", kind: "production" }],
  canary: { ...NO_CANARY, state: "well" },
  healthLimitMs: 60_000,
};
const ROOT = {
  name: "packs",
  path: "/packs",
  watching: "events",
  held: undefined,
  events: 0,
  missedEvents: 0,
  rescanIntervalMs: 5000,
  lastRescanAt: undefined,
  rescanLateMs: 0,
} as const;
const LOST = { ...NO_CANARY, state: "stalled", ageMs: 61_000, legMs: 61_000 } as const;

/** Everything that can be wrong, but for the words of the system. */
function everyFault(): readonly string[] {
  const ask = (about: Partial<typeof FINE>, require: readonly string[] = []) =>
    faultsOf({ daemon: { ...FINE, ...about }, require, isLive: () => false });
  const stages = (["watch", "settle", "publish", "register", "tell"] as const).map((name) => ({ name, ageMs: 61_000 }));
  return [
    ...faultsOf({ daemon: undefined, require: [], isLive: () => true }),
    ...ask({ lastCycle: undefined }),
    ...ask({}, ["core"]),
    ...ask({
      roots: [
        { ...ROOT, watching: "vanished" },
        { ...ROOT, held: "emptied" },
        { ...ROOT, rescanLateMs: 61_000 },
      ],
    }),
    ...ask({ stages }),
    ...[undefined, ...LEGS].flatMap((leg) => ask({ canary: { ...LOST, leg } })),
  ];
}

test("docs/operations.md has a row for every fault, and no other", () => {
  const rows = words("Faults");
  const isOf = (row: string, fault: string): boolean => {
    const pattern = row
      .split("…")
      .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"))
      .join(".+");
    return new RegExp(`^${pattern}$`).test(fault);
  };
  const faults = everyFault();
  expect(faults.filter((fault) => !rows.some((row) => isOf(row, fault)))).toEqual([]);
  expect(rows.filter((row) => !faults.some((fault) => isOf(row, fault)))).toEqual([]);
});

/** The commands of a section, as they are, with `packsync` for what a person would have installed. */
function runCommands(it: Story, heading: string, block: number): void {
  const blocks = [...section(heading).matchAll(/^```sh\n(.*?)^```$/gms)].map(([, commands = ""]) => commands);
  const main = JSON.stringify(join(root, "src/main.ts"));
  const script = `set -e\npacksync() { ${JSON.stringify(process.execPath)} ${main} "$@"; }\n${blocks[block] ?? "exit 9"}`;
  const [VOLUME, BACKUP, STATE] = [it.at("volume"), it.at("backup.tar"), it.at("volume/.packsync")];
  const env = { PATH: process.env["PATH"] ?? "", VOLUME, BACKUP, STATE };
  execFileSync("bash", ["-c", script], { cwd: it.directory, env, stdio: ["ignore", "ignore", "inherit"] });
}

/** Two releases of `core`, a file of others in it, and a rollback. */
function lived(): Story {
  const it = story({ packs: packs("core", "demo") });
  it.once();
  it.write("volume/core", { ".venv": { python: "theirs" } });
  it.write("packs/core/README.md", "2");
  it.once();
  expect(it.packsync(["rollback", "core"])).toMatchObject({ code: 0 });
  return it;
}

/** When a tree was displaced is not in the manifests: without the database, it is when the next one was published. */
function history(it: Story): unknown {
  const text = it.packsync(["history", "--format", "json"]).stdout;
  return JSON.parse(text, (key, value) => (key === "displacedAt" ? undefined : value)).packs;
}

test("what docs/operations.md saves is all that it takes: history, pins and what others had are there again", () => {
  using it = lived();
  const [before, live] = [history(it), it.tree("volume/core")];
  runCommands(it, "What to save", 0);
  rmSync(it.at("volume"), { recursive: true });
  mkdirSync(it.at("volume"));
  runCommands(it, "What to save", 1);
  expect(it.tree("volume/core")).toEqual(live);
  expect(it.read("volume/core/.venv/python")).toBe("theirs");
  expect(history(it)).toEqual(before);
  expect(it.once().outcomes).toEqual({ core: "unchanged", demo: "unchanged" });
  expect(it.packsync(["status"]).stdout).toMatch(/core .* pinned /);
});

test("docs/operations.md leads back to an older version: a newer one's database is put aside, and everything is as it was", () => {
  using it = lived();
  const [before, live] = [history(it), it.tree("volume/core")];
  const database = new DatabaseSync(it.at("volume/.packsync/state.db"));
  database.exec("PRAGMA user_version = 9999");
  database.close();
  expect(it.packsync(["--once"])).toMatchObject({
    code: 3,
    stderr: expect.stringContaining("a newer packsync wrote it"),
  });
  runCommands(it, "Another version", 0);
  expect(it.tree("volume/core")).toEqual(live);
  expect(history(it)).toEqual(before);
  expect(it.packsync(["status"]).stdout).toMatch(/core .* pinned /);
});
