import { chmodSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { describe, expect, test } from "vitest";
import { checkDocker } from "../../src/doctor/machine.ts";
import { testWith } from "../support/requires.ts";
import { scratch } from "../support/trees.ts";
import { build, mount } from "./support/machine.ts";
import { brokenYaml, pack, packs, script } from "./support/packs.ts";
import { type Story, story } from "./support/story.ts";
import { executable, stampsOf } from "./support/tree.ts";

interface Check {
  readonly id: string;
  readonly state: "ok" | "note" | "failed";
  readonly message: string;
  readonly fix?: string;
}

function doctor(it: Story, ...args: readonly string[]) {
  const { code, stdout, stderr } = it.packsync(["doctor", "--format", "json", ...args]);
  expect(stdout, stderr).toMatch(/^\{/);
  const { checks, exitCode }: { checks: readonly Check[]; exitCode: number } = JSON.parse(stdout);
  expect(exitCode).toBe(code);
  const failed = checks.filter(({ state }) => state === "failed");
  expect(failed.filter(({ fix }) => fix === undefined)).toEqual([]);
  return { code, checks, failed, last: checks.at(-1), failures: failed.map(({ id }) => id) };
}

describe("packsync doctor", () => {
  test("finds nothing that failed where everything is published, and leaves no trace", () => {
    using it = story({ packs: packs("core", "deploy") });
    it.once();
    const stamps = () => stampsOf(it.directory, (path) => path !== "volume/.packsync/staging");
    const before = stamps();
    const { code, failures, checks } = doctor(it);
    expect({ code, failures }).toEqual({ code: 0, failures: [] });
    const ids = new Set(checks.filter(({ state }) => state === "ok").map(({ id }) => id));
    for (const id of ["versions", "watches", "volume-owner", "volume-exchange", "volume-locks", "volume-space", "pack"])
      expect(ids).toContain(id);
    expect(stamps()).toEqual(before);
  });

  test("says of each pack what keeps it from the volume", () => {
    using it = story({ packs: { core: pack("core"), deploy: pack("deploy"), extra: pack("extra") } });
    it.once();
    it.write("packs/core/actions/echo.yaml", brokenYaml);
    it.write("packs/deploy/README.md", "x");
    it.write("packs/fresh", pack("fresh"));
    const { code, failed } = doctor(it);
    expect(code).toBe(1);
    expect(failed.map(({ message }) => message.split(/[ :]/)[0])).toEqual(["core", "deploy", "fresh"]);
    expect(failed.map(({ fix }) => fix)).toEqual([
      `packsync validate ${it.at("packs/core")}`,
      "packsync --once",
      "packsync --once",
    ]);
  });

  test("works before there is a volume, and makes none", () => {
    using it = story({ packs: packs("core") });
    expect(doctor(it)).toMatchObject({ code: 1, failures: ["pack"] });
    expect(it.exists("volume")).toBe(false);
  });

  test("says that a source is gone", () => {
    using it = story({ packs: packs("core") });
    expect(doctor(it, "--packs", "nowhere").failures).toEqual(["source"]);
  });

  testWith({ root: true }, "says that a pack's directory is a mount of its own", () => {
    using it = story({ packs: packs("core") });
    it.once();
    mount(it, "volume/mounted", "-t", "tmpfs", "tmpfs");
    expect(doctor(it).failures).toEqual(["volume-mounts"]);
  });

  testWith({ root: true }, "says that it may not write the volume", () => {
    using it = story({ packs: packs("core") });
    it.once();
    const { stdout, code } = it.packsync(["doctor", "--format", "json"], { uid: 12_345 });
    expect(code).toBe(1);
    const failed = JSON.parse(stdout).checks.filter(({ state }: Check) => state === "failed");
    expect(failed.map(({ id }: Check) => id)).toContain("volume-owner");
  });

  testWith({ tools: ["gcc"] }, "looks at binaries: static, dynamic, for another machine", () => {
    using it = story({
      packs: {
        core: pack("core", {
          sensors: { good: executable(build("static", 1)), dynamic: executable(build("dynamic", 1)) },
        }),
      },
    });
    it.once();
    const { code, checks } = doctor(it);
    const said = checks.filter(({ id }) => id === "binary").map(({ state, message }) => [message.split(" ")[0], state]);
    expect(said).toEqual([
      ["core/sensors/dynamic", "note"],
      ["core/sensors/good", "ok"],
    ]);
    expect(code).toBe(0);
    const other = process.arch === "x64" ? "aarch64" : "x86_64";
    expect(doctor(it, "--arch", other).failures).toEqual(["binary", "binary"]);
  });
});

const DEEP = "name: deep.name\ndescription: Deep\nrunner_type: shell\nentry_point: deep.sh\n";

describe("packsync doctor <pack.action>", () => {
  test("walks from the source to the volume", () => {
    using it = story({ packs: packs("core") });
    it.once();
    const { code, checks } = doctor(it, "core.echo");
    expect(code).toBe(0);
    expect(checks.map(({ id }) => id)).toEqual([
      "source",
      "definition",
      "valid",
      "published",
      "same",
      "entry",
      "interpreter",
    ]);
  });

  test.for<{ title: string; name?: string; breakIt: (it: Story) => void; last: string }>([
    { title: "a pack that no source has", name: "other.echo", breakIt: () => {}, last: "source" },
    { title: "an action that nobody defines", name: "core.other", breakIt: () => {}, last: "definition" },
    {
      title: "a definition that is no YAML",
      breakIt: (it) => it.write("packs/core/actions/echo.yaml", brokenYaml),
      last: "definition",
    },
    {
      title: "an error elsewhere in the pack",
      breakIt: (it) => it.write("packs/core/actions/other.yaml", brokenYaml),
      last: "pack",
    },
    { title: "a pack that is not published", breakIt: (it) => it.remove("volume/core"), last: "published" },
    {
      title: "a script that is newer than the volume's",
      breakIt: (it) => it.write("packs/core/actions/echo.sh", "#!/bin/sh\necho newer\n"),
      last: "same",
    },
    {
      title: "a script with Windows line ends",
      breakIt: (it) => {
        it.write("packs/core/actions", { "echo.sh": executable("#!/bin/sh\r\necho\r\n") });
        it.packsync(["--once"]);
      },
      last: "entry",
    },
    {
      title: "a script whose execute bit somebody took away",
      breakIt: (it) => chmodSync(it.at("volume/core/actions/echo.sh"), 0o644),
      last: "entry",
    },
  ])("stops at $title", ({ name = "core.echo", breakIt, last }) => {
    using it = story({ packs: packs("core") });
    it.once();
    breakIt(it);
    const found = doctor(it, name);
    expect(found.last).toMatchObject({ id: last, state: "failed" });
    expect(found.code).toBe(1);
    expect(found.failures).toEqual([last]);
  });

  test("finds StackStorm's names, and follows the source that shadows the other", () => {
    using it = story({
      packs: packs("core"),
      "packs.dev": {
        core: { ...pack("core"), actions: { "a.yaml": DEEP, "deep.sh": script("x") } },
      },
    });
    it.once();
    const { code, checks } = doctor(it, "core.deep.name");
    expect(code).toBe(0);
    expect(checks[0]?.message).toContain(it.at("packs.dev/core"));
  });

  test.for(["core", "", "Co re.x"])("refuses `%s`, which is no such name", (name) => {
    using it = story({ packs: packs("core") });
    expect(it.packsync(["doctor", name])).toMatchObject({ code: 2, stdout: "" });
  });
});

describe("the Docker socket", () => {
  test("is a note when it is not there, or is none", async () => {
    using directory = scratch();
    const at = (name: string) => ({ DOCKER_HOST: `unix://${directory.path}/${name}` });
    expect(await checkDocker(at("absent"))).toMatchObject({ state: "note" });
    writeFileSync(`${directory.path}/file`, "");
    expect(await checkDocker(at("file"))).toMatchObject({ state: "note" });
    expect(await checkDocker({ DOCKER_HOST: "tcp://127.0.0.1:1" })).toMatchObject({ state: "note" });
  });

  test.for([
    { status: 200, state: "ok" },
    { status: 500, state: "note" },
  ])("is asked for a ping: $status is $state", async ({ status, state }) => {
    using directory = scratch();
    const asked: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url);
      response.writeHead(status).end("OK");
    });
    await new Promise<void>((resolve) => server.listen(`${directory.path}/docker.sock`, resolve));
    try {
      const check = await checkDocker({ DOCKER_HOST: `unix://${directory.path}/docker.sock` });
      expect(check.state).toBe(state);
      expect(asked).toEqual(["/_ping"]);
    } finally {
      server.close();
    }
  });
});
