import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, chmodSync, renameSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { testWith } from "../support/requires.ts";
import { sh } from "../support/watching.ts";
import {
  type Daemon,
  daemon,
  expectNothingLeft,
  releasesOf,
  untilLive,
  untilSynced,
  wantedOf,
} from "./support/daemon.ts";
import { build } from "./support/machine.ts";
import { action, pack, packs } from "./support/packs.ts";
import { type Story, story } from "./support/story.ts";
import { stampsOf } from "./support/tree.ts";

interface Writing {
  readonly title: string;
  readonly write: (it: Story) => void | Promise<void>;
  /** Meanwhile there is a state that nobody can tell from a mistake, or only if the machine is quick enough. */
  readonly isRefusedMeanwhile?: true;
  /** Releases of `core` beyond the first; `undefined`: nobody promises how many. */
  readonly releases: readonly [least: number, most: number] | undefined;
}

const DEFINITION = "packs/core/actions/echo.yaml";
const LOUDER = action("echo").replace("Says echo", "Says it louder");
const SCRIPT = "packs/core/actions/echo.sh";

async function inPieces(path: string, text: string, pieces: number, everyMs: number): Promise<void> {
  const length = Math.ceil(text.length / pieces);
  for (let start = 0; start < text.length; start += length) {
    appendFileSync(path, text.slice(start, start + length));
    await sleep(everyMs);
  }
}

const WRITINGS: readonly Writing[] = [
  {
    title: "`cp` over a file",
    write: (it) => {
      writeFileSync(it.at("new.yaml"), LOUDER);
      sh(it.directory, `cp new.yaml ${DEFINITION}`);
    },
    releases: [1, 1],
  },
  {
    title: "`mv` over a file",
    write: (it) => {
      writeFileSync(it.at("new.yaml"), LOUDER);
      sh(it.directory, `mv new.yaml ${DEFINITION}`);
    },
    releases: [1, 1],
  },
  {
    title: "`cp -r` of another state over the pack",
    write: (it) => {
      it.write("new", pack("core", { "README.md": "new", "actions/deep": {} }, "2.0.0"));
      sh(it.directory, "cp -r new/. packs/core/");
    },
    releases: undefined,
  },
  {
    title: "a file that is appended in pieces over 300 ms",
    write: async (it) => {
      writeFileSync(it.at("packs/core/actions/other.yaml"), "");
      await inPieces(it.at("packs/core/actions/other.yaml"), action("other"), 6, 50);
    },
    isRefusedMeanwhile: true,
    releases: undefined,
  },
  {
    title: "a log that is appended to all the time, and then no more",
    write: async (it) => {
      for (let line = 0; line < 100; line++) {
        appendFileSync(it.at("packs/core/growing.txt"), `line ${line}\n`);
        await sleep(10);
      }
    },
    releases: undefined,
  },
  {
    title: "a definition that is truncated, and written 100 ms later",
    write: async (it) => {
      truncateSync(it.at(DEFINITION));
      await sleep(100);
      writeFileSync(it.at(DEFINITION), LOUDER);
    },
    isRefusedMeanwhile: true,
    releases: [1, 1],
  },
  {
    title: "a definition that does not parse for 100 ms",
    write: async (it) => {
      writeFileSync(it.at(DEFINITION), `${LOUDER}parameters: [`);
      await sleep(100);
      writeFileSync(it.at(DEFINITION), LOUDER);
    },
    isRefusedMeanwhile: true,
    releases: [1, 1],
  },
  {
    title: "`chmod` alone",
    write: async (it) => {
      writeFileSync(it.at("packs/core/tool"), "no script");
      await untilSynced(it);
      chmodSync(it.at("packs/core/tool"), 0o755);
    },
    releases: [2, 2],
  },
  {
    title: "a directory that is renamed, and a file in it that is written then",
    write: async (it) => {
      it.write("packs/core/actions/lib", { "deep.sh": "echo deep", more: { "deeper.sh": "echo deeper" } });
      await untilSynced(it);
      renameSync(it.at("packs/core/actions/lib"), it.at("packs/core/actions/library"));
      await untilSynced(it);
      appendFileSync(it.at("packs/core/actions/library/more/deeper.sh"), "echo later");
    },
    releases: undefined,
  },
  {
    title: "a file whose name changes its case alone",
    write: async (it) => {
      it.write("packs/core/Readme.md", "read me");
      await untilSynced(it);
      renameSync(it.at("packs/core/Readme.md"), it.at("packs/core/README.md"));
    },
    releases: [2, 2],
  },
  {
    title: "a directory whose name changes its case alone",
    write: async (it) => {
      it.write("packs/core/Docs", { "one.md": "one", "two.md": "two" });
      await untilSynced(it);
      renameSync(it.at("packs/core/Docs"), it.at("packs/core/docs"));
      await untilSynced(it);
      appendFileSync(it.at("packs/core/docs/one.md"), "more");
    },
    releases: undefined,
  },
  {
    title: "a file that becomes a directory, and a directory that becomes a file",
    write: async (it) => {
      it.write("packs/core/lib", "a file");
      it.write("packs/core/etc", { "one.txt": "one" });
      await untilSynced(it);
      it.remove("packs/core/lib");
      it.write("packs/core/lib", { "two.txt": "two" });
      it.remove("packs/core/etc");
      it.write("packs/core/etc", "a file");
      await untilSynced(it);
      it.write("packs/core/lib/two.txt", "two, again");
    },
    releases: undefined,
  },
];

test.for(WRITINGS)(
  "$title: in the end the volume is what the source is",
  async ({ write, releases, isRefusedMeanwhile }) => {
    using it = story({ packs: packs("core", "other") });
    await using running = await daemon(it);
    await write(it);
    await untilSynced(it);
    expectNothingLeft(it);
    expect(releasesOf(it, "other"), "releases of a pack that nobody touched").toBe(1);
    if (isRefusedMeanwhile !== true) expect(running.said("pack rejected")).toEqual([]);
    const [least, most] = releases ?? [1, Number.POSITIVE_INFINITY];
    const taken = releasesOf(it, "core") - 1;
    expect(taken).toBeGreaterThanOrEqual(least);
    expect(taken).toBeLessThanOrEqual(most);
    await running.stop();
  },
);

/** After it the daemon has looked at whatever was written before. */
async function afterAnotherSave(it: Story, running: Daemon): Promise<void> {
  const published = running.said("pack published").length;
  appendFileSync(it.at("packs/other/actions/echo.sh"), "echo once more\n");
  await running.hear("pack published", published + 1);
  await untilSynced(it);
}

test.for<{ title: string; write: (it: Story) => void }>([
  { title: "`touch`", write: (it) => sh(it.directory, `touch ${DEFINITION} ${SCRIPT} packs/core`) },
  { title: "the same bytes again", write: (it) => writeFileSync(it.at(DEFINITION), it.read(DEFINITION)) },
  { title: "the same bytes by rename", write: (it) => sh(it.directory, `cp -p ${SCRIPT} x && mv x ${SCRIPT}`) },
  { title: "another mtime", write: (it) => utimesSync(it.at(SCRIPT), 1_000_000_000, 1_000_000_000) },
  { title: "permissions that nobody publishes", write: (it) => chmodSync(it.at(DEFINITION), 0o600) },
  {
    title: "a file that came and went",
    write: (it) => {
      writeFileSync(it.at("packs/core/short-lived"), "x");
      it.remove("packs/core/short-lived");
    },
  },
])("$title publishes nothing", async ({ write }) => {
  using it = story({ packs: packs("core", "other") });
  await using running = await daemon(it);
  const before = stampsOf(it.at("volume/core"));
  write(it);
  await afterAnotherSave(it, running);
  expectNothingLeft(it);
  expect(stampsOf(it.at("volume/core"))).toEqual(before);
  expect(releasesOf(it, "core")).toBe(1);
  await running.stop();
});

test("a pack whose directory is renamed goes on under its ref, and is never away", async () => {
  using it = story({ packs: packs("core", "other") });
  await using running = await daemon(it);
  const files = wantedOf(it, "packs");
  it.move("packs/core", "packs/kernel");
  appendFileSync(it.at("packs/kernel/actions/echo.sh"), "echo from elsewhere\n");
  await running.hear("pack published", 3);
  await untilLive(it, { ...files, "core/actions/echo.sh": wantedOf(it, "packs")["kernel/actions/echo.sh"] ?? "" });
  expectNothingLeft(it);
  expect(running.said("pack retired")).toEqual([]);
  await running.stop();
});

/** Writes its bytes over three seconds, in place, as a linker does on a slow disk. */
const SLOW_LINKER = `
  const { openSync, writeSync, closeSync } = require("node:fs");
  const [from, to] = process.argv.slice(1);
  const bytes = require("node:fs").readFileSync(from);
  const fd = openSync(to, "w", 0o755);
  const pieces = 30;
  const length = Math.ceil(bytes.length / pieces);
  for (let piece = 0; piece < pieces; piece++) {
    writeSync(fd, bytes, piece * length, Math.min(length, bytes.length - piece * length));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
  }
  closeSync(fd);
`;

testWith({ tools: ["gcc"] }, "a binary that a slow linker writes for three seconds never lands truncated", async () => {
  const native = action("tool").replace("shell", "native").replace("echo.sh", "tool");
  using it = story({ packs: packs("core", "other") });
  await using running = await daemon(it);
  const whole = build("static", 7);
  it.write("packs/core/actions", { "tool.yaml": native });
  writeFileSync(it.at("linked"), whole);
  const linker = spawn(process.execPath, ["-e", SLOW_LINKER, it.at("linked"), it.at("packs/core/actions/tool")]);
  await once(linker, "close");
  await untilSynced(it);
  expectNothingLeft(it);
  const sizes = execFileSync("find", [it.at("volume"), "-name", "tool", "-printf", "%s\n"], { encoding: "utf8" });
  expect([...new Set(sizes.split("\n"))], "sizes of the binary in the live release and all before").toEqual([
    String(whole.length),
    "",
  ]);
  await running.stop();
});
