import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { environmentsDocument } from "../../src/install/environments-document.ts";
import { npmTarball, sourcePackage, writeWheels } from "../support/packages.ts";
import { testWith } from "../support/requires.ts";
import { writeTree } from "../support/trees.ts";
import { isRunning, lookingAt, needing, type Site, site } from "./building.ts";

vi.setConfig({ testTimeout: 300_000 });

const PYTHON = { tools: ["python3"] } as const;

/** What a program in the environment says. */
function pythonSays(it: Site, code: string): string {
  return execFileSync(it.at("envs/demo/python/bin/python"), ["-c", code], { encoding: "utf8" }).trim();
}

function nodeSays(it: Site): string {
  const modules = it.at("envs/demo/nodejs/node_modules");
  return execFileSync(process.execPath, ["-p", `require("${modules}/left")`], { encoding: "utf8" }).trim();
}

async function until(isSo: () => boolean): Promise<void> {
  await vi.waitUntil(isSo, { timeout: 120_000, interval: 20 });
}

testWith(
  PYTHON,
  "a virtual environment has what requirements.txt asks for; the same needs reuse it, and others replace it at once",
  async () => {
    using it = site();
    writeWheels(it.at("wheels"), ["alpha@1.0", "alpha@2.0", "beta@1.0"]);
    const demo = it.pack("demo", { "requirements.txt": "-r more/base.txt\nalpha<2\n", "more/base.txt": "beta\n" });
    const first = await it.build([demo]);
    const environment = { runtime: "python", path: it.at("envs/demo/python"), packageCount: 2 };
    expect(first).toMatchObject({ packs: [{ environments: [{ ...environment, outcome: "built" }] }], failed: [] });
    expect(pythonSays(it, "import alpha, beta, sys; print(alpha.VERSION, beta.VERSION)")).toBe("1.0 1.0");
    expect(first.packs[0]?.environments[0]?.runtimeVersion).toBe(
      pythonSays(it, "import platform; print('Python', platform.python_version())"),
    );
    expect(it.lines.join("\n")).toContain("Successfully installed alpha-1.0 beta-1.0");
    const link = readlinkSync(it.at("envs/demo/python"));
    expect(link).toMatch(/^python\.[0-9a-f]{16}$/);
    expect(environmentsDocument(first)).toEqual({
      built_environments: [
        {
          pack_ref: "demo",
          pack_path: demo,
          environments: {
            python: {
              virtualenv_path: it.at("envs/demo/python"),
              requirements_installed: true,
              package_count: 2,
              python_version: first.packs[0]?.environments[0]?.runtimeVersion,
            },
            nodejs: null,
          },
          duration_ms: first.packs[0]?.durationMs,
        },
      ],
      failed_environments: [],
      summary: {
        ...{ total_packs: 1, success_count: 1, failure_count: 0, python_envs_built: 1, nodejs_envs_built: 0 },
        total_duration_ms: first.durationMs,
      },
    });

    const again = await it.build([demo]);
    expect(again.packs[0]?.environments).toMatchObject([{ ...environment, outcome: "reused" }]);

    writeTree(demo, { "more/base.txt": "alpha>1\n", "requirements.txt": "-r more/base.txt\n" });
    const seen = await lookingAt(it.at("envs/demo/python/bin/python"));
    const changed = await it.build([demo]);
    const { bad } = await seen();
    expect(bad).toEqual([]);
    expect(changed.packs[0]?.environments).toMatchObject([{ ...environment, outcome: "built", packageCount: 1 }]);
    expect(pythonSays(it, "import alpha; print(alpha.VERSION)")).toBe("2.0");
    expect(it.shelf("demo")).toEqual(["python", ...[link, readlinkSync(it.at("envs/demo/python"))].sort()]);
  },
);

test("packages are those of package.json, and of a lock file where there is one", async () => {
  using it = site();
  const demo = it.pack("demo", {
    ...needing("1.0.0"),
    "vendor/inner.tgz": npmTarball({ name: "@scope/inner", version: "3.0.0" }),
    "vendor/dev.tgz": npmTarball({ name: "dev", version: "3.0.0" }),
    "package.json": JSON.stringify({
      dependencies: {
        left: "file:vendor/left-1.0.0.tgz",
        "@scope/inner": "./vendor/inner.tgz",
        local: "file:./lib/local",
      },
      devDependencies: { dev: "^9" },
      scripts: { preinstall: "exit 1" },
    }),
    "lib/local/package.json": '{"name": "local", "version": "1.0.0"}',
    "yarn.lock": "",
  });
  const loose = await it.build([demo]);
  const environment = { runtime: "nodejs", path: it.at("envs/demo/nodejs") };
  expect(loose.failed).toEqual([]);
  expect(loose.packs[0]?.environments).toMatchObject([{ ...environment, outcome: "built", packageCount: 3 }]);
  expect(nodeSays(it)).toBe("1.0.0");
  expect(it.lines[0]).toBe("yarn.lock is not read: npm installs what package.json asks for");
  expect(environmentsDocument(loose).built_environments[0]?.environments).toEqual({
    python: null,
    nodejs: {
      node_modules_path: it.at("envs/demo/nodejs/node_modules"),
      dependencies_installed: true,
      package_count: 3,
      nodejs_version: loose.packs[0]?.environments[0]?.runtimeVersion,
    },
  });

  // The lock that npm made, without the development's packages, is one for `npm ci`, which wants it to agree.
  const manifest = { dependencies: { left: "file:vendor/left-1.0.0.tgz" } };
  const locked = it.pack("locked", { ...needing("1.0.0"), "package.json": JSON.stringify(manifest) });
  await it.build([locked]);
  const lock = readFileSync(it.at("envs/locked/nodejs/package-lock.json"), "utf8");
  writeTree(locked, { "package-lock.json": lock });
  const ci = await it.build([locked]);
  expect(ci).toMatchObject({ failed: [], packs: [{ environments: [{ outcome: "built", packageCount: 1 }] }] });
  expect(readFileSync(it.at("envs/locked/nodejs/package-lock.json"), "utf8")).toBe(lock);
  writeTree(locked, {
    "package.json": JSON.stringify({ dependencies: { ...manifest.dependencies, more: "file:more" } }),
    "more/package.json": '{"name": "more", "version": "1.0.0"}',
  });
  const wrong = await it.build([locked]);
  expect(wrong.failed[0]?.error).toContain("in sync");
});

test("a pack without needs has no environments, a missing pack is a failure, and so is no version", async () => {
  using it = site();
  const quiet = it.pack("quiet", { "package.json": "{}" }, 'python: ">=99"\n');
  const odd = it.pack("odd", { "requirements.txt": "" }, "python: soon\n");
  const future = it.pack("future", { "requirements.txt": "" }, 'python: ">=99"\n');
  const report = await it.build([quiet, it.at("none"), odd, future, it.at("packs")]);
  expect(report.packs).toMatchObject([{ packRef: "quiet", environments: [] }]);
  expect(report.failed).toMatchObject([
    { packRef: "unknown", packPath: it.at("none"), runtime: "unknown", error: "pack.yaml not found" },
    { packRef: "odd", runtime: "python", error: expect.stringContaining("got `soon`") },
    {
      packRef: "future",
      runtime: "python",
      error: expect.stringMatching(
        /^Python 3 not available in system: expected `>=99`, got Python 3\.\d+\.\d+.* at \//,
      ),
      hint: expect.stringContaining("packsync-install"),
    },
    { packRef: "unknown", packPath: it.at("packs"), error: "pack.yaml not found" },
  ]);
  expect(environmentsDocument(report).summary).toMatchObject({ total_packs: 5, success_count: 1, failure_count: 4 });
  expect(existsSync(it.at("envs/quiet"))).toBe(false);
});

test.for(["../evil", "/etc", "a/b", ".", "..", ".packsync", "a\\0b"])(
  "a pack called %j has no environments anywhere",
  async (ref) => {
    using it = site();
    const pack = it.pack("named", needing("1.0.0"));
    writeTree(pack, { "pack.yaml": `ref: "${ref}"\nlabel: A pack\nversion: "1.0.0"\n` });
    const { packs, failed } = await it.build([pack]);
    expect(packs).toEqual([]);
    expect(failed).toMatchObject([{ packRef: "unknown", packPath: pack, runtime: "unknown" }]);
    expect(readdirSync(it.at("")).sort()).toEqual(["envs", "packs"]);
    expect(readdirSync(it.at("envs"))).toEqual([".packsync"]);
  },
);

test.for([
  ["requirements.txt", "Python 3 not available in system: expected any version, got none"],
  ["package.json", "Node.js not available in system: expected `20`, got none"],
] as const)("where the runtime for %s is missing, it is said what was wanted", async ([file, error]) => {
  using it = site();
  const demo = it.pack("demo", { ...needing("1.0.0"), "requirements.txt": "" });
  rmSync(join(demo, file === "package.json" ? "requirements.txt" : "package.json"));
  for (const mode of ["build", "detect"] as const) {
    const { failed } = await it.build([demo], { order: { nodejsVersion: "20", mode }, env: { PATH: "/nonexistent" } });
    expect(failed).toMatchObject([{ packRef: "demo", error, hint: expect.stringContaining("packsync-install") }]);
  }
});

test("only looking says what is there, and makes nothing", async () => {
  using it = site();
  const demo = it.pack("demo", { ...needing("1.0.0"), "requirements.txt": "x\n" });
  const order = { mode: "detect", skipPython: true } as const;
  const before = await it.build([demo], { order });
  const environment = { runtime: "nodejs", path: it.at("envs/demo/nodejs") };
  expect(before.packs[0]?.environments).toMatchObject([{ ...environment, outcome: "absent", packageCount: 0 }]);
  expect(environmentsDocument(before)).toMatchObject({
    built_environments: [{ environments: { nodejs: { dependencies_installed: false } } }],
    summary: { success_count: 1, nodejs_envs_built: 0 },
  });
  expect(existsSync(it.at("envs"))).toBe(false);
  writeTree(it.at("envs/demo/nodejs/node_modules"), { "a/package.json": "", "@b/c/package.json": "" });
  const after = await it.build([demo], { order });
  expect(after.packs[0]?.environments).toMatchObject([{ ...environment, outcome: "present", packageCount: 2 }]);
});

test("what is built for later is used once that is said, and a rebuild has a place of its own", async () => {
  using it = site();
  const demo = it.pack("demo", needing("1.0.0"));
  const later = await it.build([demo], { order: { activation: "later" } });
  expect(later.packs[0]?.environments).toMatchObject([{ outcome: "built", path: it.at("envs/demo/nodejs") }]);
  expect(existsSync(it.at("envs/demo/nodejs"))).toBe(false);
  later.activate();
  expect(nodeSays(it)).toBe("1.0.0");
  const [link] = [readlinkSync(it.at("envs/demo/nodejs"))];
  later.activate();
  expect(readlinkSync(it.at("envs/demo/nodejs"))).toBe(link);

  const rebuilt = await it.build([demo], { order: { forceRebuild: true } });
  expect(rebuilt.packs[0]?.environments).toMatchObject([{ outcome: "built" }]);
  expect(readlinkSync(it.at("envs/demo/nodejs"))).toBe(`${link}-2`);
  expect((await it.build([demo])).packs[0]?.environments).toMatchObject([{ outcome: "reused" }]);
  expect(readlinkSync(it.at("envs/demo/nodejs"))).toBe(`${link}-2`);
});

test("two who build the same at once build it once", async () => {
  using it = site();
  const demo = it.pack("demo", needing("1.0.0"));
  const both = await Promise.all([it.build([demo]), it.build([demo])]);
  expect(both.flatMap(({ failed }) => failed)).toEqual([]);
  const outcomes = both.flatMap(({ packs }) =>
    packs.flatMap(({ environments }) => environments.map((each) => each.outcome)),
  );
  expect(outcomes.sort()).toEqual(["built", "reused"]);
  expect(it.shelf("demo")).toEqual(["nodejs", readlinkSync(it.at("envs/demo/nodejs"))]);
});

/** A script that starts another one and does not end; `deaf`: also not when it is asked to. */
const stuck = (pids: string, deaf: boolean) => {
  const trap = deaf ? `trap "" TERM; ` : "";
  return `sh -c '${trap}echo $$ >> ${pids}; while :; do sleep 1; done' & ${trap}echo $$ >> ${pids}; wait`;
};

test.for(["time-out", "abort"] as const)(
  "after the %s of a build nothing that it started runs, and the old one stays",
  async (how) => {
    using it = site();
    const demo = it.pack("demo", needing("1.0.0"));
    await it.build([demo]);
    const link = readlinkSync(it.at("envs/demo/nodejs"));

    const pids = it.at("pids");
    it.pack("demo", needing("2.0.0", stuck(pids, how === "time-out")));
    const stop = new AbortController();
    const started = (): number[] => (existsSync(pids) ? readFileSync(pids, "utf8").trim().split("\n").map(Number) : []);
    const built = it.build([demo], {
      order: { timeoutSeconds: how === "time-out" ? 10 : 300 },
      abort: stop.signal,
    });
    const ended = built.then(
      ({ failed }) => failed[0]?.error,
      (error: unknown) => String(error),
    );
    if (how === "abort") {
      await until(() => started().length === 2);
      stop.abort(new Error("enough"));
    }
    expect(await ended).toMatch(how === "abort" ? /enough/ : /within 10 s, got no end/);
    for (const pid of started()) await until(() => !isRunning(pid));
    expect(readlinkSync(it.at("envs/demo/nodejs"))).toBe(link);
    expect(nodeSays(it)).toBe("1.0.0");
    expect(it.shelf("demo").filter((name) => name !== ".nodejs.failed.json")).toEqual(["nodejs", link]);
  },
);

test("what a script leaves running ends with its build", async () => {
  using it = site();
  const pid = it.at("pid");
  const demo = it.pack("demo", needing("1.0.0", `sleep 600 >/dev/null 2>&1 & echo $! > ${pid}`));
  expect(await it.build([demo])).toMatchObject({ failed: [] });
  await until(() => !isRunning(Number(readFileSync(pid, "utf8"))));
});

test("no credentials of an index are in what is said", async () => {
  using it = site();
  const script = "echo see https://me:secret@example.org/x; echo https://token@example.org; exit 1";
  const { failed } = await it.build([it.pack("demo", needing("1.0.0", script))]);
  const said = [...it.lines, failed[0]?.error].join("\n");
  expect(said).toContain("https://example.org");
  expect(said).not.toMatch(/secret|token@/);
});

testWith(
  PYTHON,
  "what pip has to build is built in the environment's own place, and local paths are the pack's",
  async () => {
    using it = site();
    const home = it.at("seen");
    const code = [
      `open(${JSON.stringify(home)}, "w").write("\\n".join([os.environ["HOME"], os.environ["TMPDIR"], str("DB_PASSWORD" in os.environ)]))`,
      `raise SystemExit("no wheel " + "x" * 5000)`,
    ].join("\n");
    const demo = it.pack("demo", { "requirements.txt": "./slow\n", ...sourcePackage("slow", code) });
    const before = readdirSync(demo).sort();
    const { failed } = await it.build([demo], { env: { DB_PASSWORD: "secret" } });
    expect(failed).toMatchObject([{ runtime: "python", error: expect.stringContaining("got exit code 1") }]);
    const [itsHome, temporary, knows] = readFileSync(home, "utf8").split("\n");
    expect(itsHome).toBe(it.at("envs/.packsync/home"));
    expect(temporary).toMatch(/envs\/demo\/python\.[0-9a-f]{16}\/\.packsync\/tmp$/);
    expect(knows).toBe("False");
    expect(readdirSync(demo).sort()).toEqual(before);
    expect(it.shelf("demo")).toEqual([".python.failed.json"]);
  },
);

testWith(
  { root: true },
  "as root, what is made is the owner's, and programs of packages run as the owner",
  async () => {
    using it = site();
    chmodSync(it.at(""), 0o755);
    const owner = { uid: 1000, gid: 1000 };
    const who = it.at("who");
    writeTree(who, { x: "" });
    chownSync(who, owner.uid, owner.gid);
    const script = `id -u > ${who}/id; id -G >> ${who}/id; echo $HOME >> ${who}/id`;
    const demo = it.pack("demo", needing("1.0.0", script));
    const { failed, packs } = await it.build([demo], { owner, env: { PATH: "/usr/local/bin:/usr/bin:/bin" } });
    expect(failed).toEqual([]);
    expect(packs[0]?.environments).toMatchObject([{ outcome: "built", packageCount: 1 }]);
    expect(readFileSync(`${who}/id`, "utf8")).toBe(`1000\n1000\n${it.at("envs/.packsync/home")}\n`);
    const all = readdirSync(it.at("envs"), { recursive: true, encoding: "utf8" });
    const others = all.filter((path) => lstatSync(it.at(`envs/${path}`)).uid !== owner.uid);
    expect(others).toEqual([]);
    expect(lstatSync(it.at("envs")).uid).toBe(owner.uid);
  },
);

testWith(PYTHON, "where there is uv, it finds Pythons, and installs packages", async () => {
  using it = site();
  writeWheels(it.at("wheels"), ["alpha@1.0"]);
  const where = ["-c", "import sys; print(sys.executable)"];
  const python = execFileSync("python3", where, { encoding: "utf8" }).trim();
  // Debian has none: this one takes the same arguments, and leaves the work to pip.
  const uv = `#!/bin/sh
case "$1 $2" in
  "--version ") echo "uv 0" ;;
  "python list") echo "cpython-3-linux   ${python} -> somewhere" ;;
  "pip install") test "$3" = --python && python=$4 && shift 4 && exec "$python" -I -m pip install "$@" ;;
  *) exit 2 ;;
esac
`;
  writeTree(it.at("bin"), { uv: { script: uv } });
  const demo = it.pack("demo", { "requirements.txt": "alpha\n" });
  const { failed, packs } = await it.build([demo], { env: { PATH: it.at("bin") } });
  expect(failed).toEqual([]);
  expect(packs[0]?.environments).toMatchObject([{ outcome: "built", packageCount: 1 }]);
  expect(pythonSays(it, "import alpha; print(alpha.VERSION)")).toBe("1.0");
});
