import { cpSync, existsSync, lstatSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { build } from "../scenarios/support/machine.ts";
import { type Story, story } from "../scenarios/support/story.ts";
import { executable } from "../scenarios/support/tree.ts";
import { describeWith } from "../support/requires.ts";
import {
  type Binaries,
  BUSYBOX,
  INIT_IMAGE,
  MACHINE,
  PACK_BINARIES_TOOLS,
  PROJECT,
  SENSOR,
  startBinaries,
  TARGET,
} from "./support/pack-binaries.ts";

const IN_VOLUME = `/opt/attune/packs/core/sensors/${SENSOR}`;
const TIMERS = JSON.stringify([{ id: 1, ref: "ops.tick", trigger_ref: "core.intervaltimer", config: { interval: 1 } }]);
/** As options of `docker build`: the engine of the tests has no network. */
const BUILD = { PACK_BINARIES_DOCKER_OPTIONS: "--network none" };

/** Cold builds of the sensor, on a slow machine that does other things meanwhile. */
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

let binaries: Binaries;

describeWith({ root: true, tools: PACK_BINARIES_TOOLS }, "native binaries, with a real engine", () => {
  beforeAll(async () => {
    binaries = await startBinaries();
    const made = binaries.command("make", ["docker-build-pack-binaries", `PACK_BINARIES_RUST_TARGET=${TARGET}`], {
      ...BUILD,
      DOCKER_BUILDKIT: "1",
    });
    expect(made.status, `${made.stdout}\n${made.stderr}`).toBe(0);
  });
  afterAll(async () => {
    await binaries[Symbol.asyncDispose]();
  });

  describe("scripts/build-pack-binaries.sh, with the base image at hand", () => {
    const script = join(PROJECT, "scripts/build-pack-binaries.sh");

    test("builds in it by itself, also with the old builder, and leaves no container", () => {
      using it = story();
      const ended = binaries.command(script, [it.directory], { ...BUILD, RUST_TARGET: TARGET, DOCKER_BUILDKIT: "0" });
      expect(ended.status, ended.stderr).toBe(0);
      expect(ended.stderr).toContain(`building for ${MACHINE} with Docker, in rust:`);
      expect(readFileSync(it.at(SENSOR))).toEqual(binaries.sensor);
      expect(statSync(it.at(SENSOR)).mode & 0o777).toBe(0o755);
      expect(binaries.docker("ps", "--all", "--quiet")).toBe("");
    });

    test("does not finish with a binary for another architecture than the wanted one", () => {
      using it = story();
      const other = MACHINE === "x86_64" ? "aarch64" : "x86_64";
      const env = { ...BUILD, RUST_TARGET: `${other}-unknown-linux-musl`, DOCKER_BUILDKIT: "1" };
      const ended = binaries.command(script, [it.directory], env);
      expect(ended.status).toBe(1);
      expect(ended.stderr).toContain(`Expected a binary for \`${other}\`, got one for \`${MACHINE}\``);
      expect(it.exists(SENSOR)).toBe(false);
    });
  });

  describe("the two root causes", () => {
    test("a dynamic binary does not start in another image, a static one runs and stops when it is asked to", async () => {
      using stack = start();
      const { docker, command } = binaries;
      stack.write("packs/core/sensors", { [SENSOR]: executable(build("dynamic", 0)) });
      expect(stack.sync().codes("core")).toEqual(["binary.dynamic"]);
      expect(existsSync(`${stack.mountpoint}/core/native`), "the source stays where it is").toBe(false);
      const args = ["run", "--rm", "--network", "none", "--volume", `${stack.volume}:/opt/attune/packs`, BUSYBOX];
      expect(command("docker", [...args, "sh", "-c", IN_VOLUME])).toMatchObject({ status: 127 });

      stack.write("packs/core/sensors", { [SENSOR]: executable(binaries.sensor) });
      expect(stack.sync().codes("core")).toEqual([]);
      const sensor = stack.sensor();
      await sensor.fires();
      docker("stop", "--time", "60", sensor.id);
      expect(docker("inspect", "--format", "{{.State.ExitCode}}", sensor.id)).toBe("0");
    });

    test("the host's dynamic binary does not take the place of the static one from init-pack-binaries", async () => {
      using stack = start();
      stack.write("packs/core/sensors", { [SENSOR]: executable(build("dynamic", 0)) });
      for (let up = 1; up <= 2; up++) {
        expect(stack.init()).toBe(up === 1 ? `init-pack-binaries: ${SENSOR} is in /opt/attune/packs/core/sensors` : "");
        const run = stack.sync();
        expect(run.pack("core")).toMatchObject({ outcome: up === 1 ? "published" : "unchanged" });
        expect(run.codes("core")).toEqual(["binary.dynamic", "volume.preserved"]);
        expect(stack.live()).toEqual(binaries.sensor);
      }
      await stack.sensor().fires();
    });
  });

  test("after an author's static rebuild the next `up` does not bring the old one back", async () => {
    using stack = start();
    stack.init();
    stack.sync();
    // Other bytes, and the same program: what follows the last section is not loaded.
    const rebuilt = Buffer.concat([binaries.sensor, Buffer.from("rebuilt")]);
    stack.write("packs/core/sensors", { [SENSOR]: executable(binaries.sensor) });
    stack.sync();
    stack.write("packs/core/sensors", { [SENSOR]: executable(rebuilt) });
    expect(stack.sync().pack("core").outcome).toBe("published");
    for (let up = 1; up <= 2; up++) {
      stack.init();
      expect(stack.live(), "init-pack-binaries has only its own").toEqual(binaries.sensor);
      stack.sync();
      expect(stack.live()).toEqual(rebuilt);
    }
    await stack.sensor().fires();
  });

  describe("init-pack-binaries", () => {
    test("replaces a sensor that runs, which goes on", async () => {
      using stack = start();
      stack.write("packs/core/sensors", { [SENSOR]: executable(Buffer.concat([binaries.sensor, Buffer.from("old")])) });
      stack.sync();
      const sensor = stack.sensor();
      await sensor.fires();
      const copy = ["cp", `/pack-binaries/${SENSOR}`, IN_VOLUME];
      expect(stack.run(...copy).stderr, "what a plain copy says").toContain("Text file busy");
      stack.init();
      expect(stack.live()).toEqual(binaries.sensor);
      await sensor.fires();
    });

    test("makes what belongs to the volume's owner, before any pack is there", () => {
      using stack = start();
      binaries.docker(
        "run",
        "--rm",
        "--volume",
        `${stack.volume}:/v`,
        "--network",
        "none",
        BUSYBOX,
        "chown",
        "1000:1000",
        "/v",
      );
      stack.init();
      for (const path of ["core", "core/sensors", `core/sensors/${SENSOR}`])
        expect(lstatSync(`${stack.mountpoint}/${path}`), path).toMatchObject({ uid: 1000, gid: 1000 });
      expect(lstatSync(`${stack.mountpoint}/core/sensors/${SENSOR}`).mode & 0o777).toBe(0o755);
      expect(stack.sync(["--owner", "1000:1000"]).pack("core").outcome).toBe("published");
      expect(stack.live()).toEqual(binaries.sensor);
    });

    test.for([
      {
        title: "no volume",
        args: ["--env", "TARGET_PACKS_DIR=/packs"],
        says: "Expected the packs volume at /packs, got no directory",
      },
      {
        title: "another user's volume",
        args: ["--user", "1000:1000"],
        says: "as user 1000: run this as root, or as 0:0, on a volume that can be written",
      },
    ])("with $title it says what helps, and fails", ({ args, says }) => {
      using stack = start();
      const ended = stack.container(args);
      expect(ended.stderr).toContain(says);
      expect(ended.status).toBe(1);
    });
  });
});

/** The project's `core` on the host, a named volume, and the containers that mount it. */
function start() {
  const { docker, command } = binaries;
  const it: Story = story({ packs: {} });
  cpSync(join(PROJECT, "packs/core"), it.at("packs/core"), {
    recursive: true,
    filter: (path) => !/\/target$|attune-core-timer-sensor$|__pycache__$/.test(path),
  });
  const volume = docker("volume", "create");
  const mountpoint = docker("volume", "inspect", "--format", "{{.Mountpoint}}", volume);
  const mount = ["--network", "none", "--volume", `${volume}:/opt/attune/packs`];
  const ids: string[] = [];
  const container = (args: readonly string[], ...words: readonly string[]) =>
    command("docker", ["run", "--rm", ...mount, ...args, INIT_IMAGE, ...words]);
  return {
    ...{ volume, mountpoint, container },
    write: it.write,
    sync: (args: readonly string[] = []) => it.once(["--volume", mountpoint, ...args], { volume: "nowhere" }),
    live: () => readFileSync(`${mountpoint}/core/sensors/${SENSOR}`),
    /** Some command in the image of init-pack-binaries. */
    run: (...words: readonly string[]) => container([], ...words),
    /** As compose runs it at every `up`. @returns what it says */
    init(): string {
      const { status, stdout, stderr } = container([]);
      expect(status, stderr).toBe(0);
      return stdout.trimEnd();
    },
    /** As the platform runs it: from the volume, read-only, in another image, as PID 1. */
    sensor() {
      const options = ["--detach", "--network", "none", "--read-only", "--env", `ATTUNE_SENSOR_TRIGGERS=${TIMERS}`];
      const id = docker("run", ...options, "--volume", `${volume}:/opt/attune/packs:ro`, BUSYBOX, IN_VOLUME);
      ids.push(id);
      const events = () => docker("logs", id).split("\n").filter(Boolean);
      return {
        id,
        /** One event more than now. */
        async fires() {
          const before = events().length;
          await expect.poll(() => events().length, { interval: 250, timeout: 500_000 }).toBeGreaterThan(before);
          for (const line of events())
            expect(JSON.parse(line)).toMatchObject({
              trigger_ref: "core.intervaltimer",
              rule_ref: "ops.tick",
              payload: { type: "interval", sensor_ref: "core.timer_sensor" },
            });
        },
      };
    },
    [Symbol.dispose]() {
      for (const id of ids) docker("rm", "--force", id);
      docker("volume", "rm", volume);
      it[Symbol.dispose]();
    },
  };
}
