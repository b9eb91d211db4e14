import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bytesSource, parseElf } from "../../src/pack/elf.ts";
import { build } from "../scenarios/support/machine.ts";
import { CARGO_ENV, CARGO_TOOLS } from "../support/cargo.ts";
import { testWith } from "../support/requires.ts";

const root = join(import.meta.dirname, "../..");
const NAME = "attune-core-timer-sensor";
const machine = process.arch === "arm64" ? "aarch64" : "x86_64";
const other = process.arch === "arm64" ? "x86_64" : "aarch64";
const ours = { RUST_TARGET: `${machine}-unknown-linux-musl` };

/** A cold build, on a slow machine that does other things meanwhile. */
const timeout = 600_000;

describe("scripts/build-pack-binaries.sh", () => {
  testWith({ tools: CARGO_TOOLS, timeout }, "builds a static program into packs/core/sensors with cargo", () => {
    using it = checkout();
    const { status, stderr } = it.run({ ...ours, PACK_BINARIES_BUILDER: "cargo" });
    expect(status, stderr).toBe(0);
    expect(stderr).toContain(`\`${NAME}\` is static, for \`${machine}\``);
    expect(readdirSync(it.sensors), "nothing else is left").toEqual([NAME]);
    const file = join(it.sensors, NAME);
    expect(statSync(file).mode & 0o777).toBe(0o755);
    expect(parseElf(bytesSource(readFileSync(file)))).toMatchObject({ static: true, machine, truncated: false });
    expect(spawnSync(file, ["--version"], { encoding: "utf8" }).stdout).toBe(`${NAME} 1.0.0\n`);
  });

  testWith({ tools: ["gcc"] }, "does not finish with a binary that is not static, and leaves the old one", () => {
    using it = checkout();
    writeFileSync(join(it.sensors, NAME), "the old one");
    it.cargoGives(build("dynamic", 1));
    const { status, stderr } = it.run({ ...ours, PACK_BINARIES_BUILDER: "cargo", CARGO_TARGET_DIR: it.at("target") });
    expect(status).toBe(1);
    expect(stderr).toContain("build it static");
    expect(stderr).toContain(`the binary that was built is not what is wanted: ${it.sensors} stays as it is`);
    expect(readFileSync(join(it.sensors, NAME), "utf8")).toBe("the old one");
  });

  testWith({ tools: ["gcc"] }, "checks it with another Node that is new enough, where nothing is installed", () => {
    using it = checkout();
    rmSync(it.at("node_modules"));
    it.tool("node", `exec "${process.execPath}" "$@"`);
    it.cargoGives(build("static", 1));
    const { status, stderr } = it.run({ ...ours, PACK_BINARIES_BUILDER: "cargo", CARGO_TARGET_DIR: it.at("target") });
    expect(stderr).toContain(`\`${NAME}\` is static, for \`${machine}\``);
    expect(status).toBe(0);
    expect(existsSync(it.at("node_modules"))).toBe(false);
  });

  test.for([
    { title: "another system", env: { RUST_TARGET: "x86_64-pc-windows-gnu" }, says: "Expected RUST_TARGET to be " },
    {
      title: "another builder",
      env: { ...ours, PACK_BINARIES_BUILDER: "make" },
      says: "Expected PACK_BINARIES_BUILDER to be docker or cargo, got `make`",
    },
  ])("refuses $title: exit 2", ({ env, says }) => {
    using it = checkout();
    const { status, stderr } = it.run(env);
    expect(stderr).toContain(says);
    expect(status).toBe(2);
  });

  test("refuses a directory that does not exist: exit 2", () => {
    using it = checkout();
    const { status, stderr } = it.run(ours, ["/nowhere"]);
    expect(stderr).toContain("Expected a directory, got `/nowhere`");
    expect(status).toBe(2);
  });

  test("refuses another architecture than this machine's with cargo, and says what builds it", () => {
    using it = checkout();
    const { status, stderr } = it.run({ RUST_TARGET: `${other}-unknown-linux-musl`, PACK_BINARIES_BUILDER: "cargo" });
    expect(stderr).toContain(`got RUST_TARGET for ${other}: only Docker builds for another one.`);
    expect(status).toBe(1);
  });
});

describe("scripts/check-binary.ts", () => {
  testWith({ tools: ["gcc", "musl-gcc", "aarch64-linux-gnu-gcc"] }, "tells what would not run everywhere", () => {
    using it = checkout();
    const check = (bytes: Buffer) => {
      const args = [join(root, "scripts/check-binary.ts"), it.file("it", bytes), "x86_64"];
      return spawnSync(process.execPath, args, { encoding: "utf8" });
    };
    if (machine === "x86_64") {
      for (const kind of ["static", "static-pie", "musl"] as const)
        expect(check(build(kind, 1))).toMatchObject({ status: 0, stdout: "`it` is static, for `x86_64`\n" });
      expect(check(build("dynamic", 1))).toMatchObject({
        status: 1,
        stdout: expect.stringContaining("build it static"),
      });
      expect(check(build("library", 1))).toMatchObject({
        status: 1,
        stdout: expect.stringContaining("a shared library"),
      });
    }
    expect(check(build("aarch64", 1))).toMatchObject({
      status: 1,
      stdout: "Expected a binary for `x86_64`, got one for `aarch64`: `it`\n",
    });
    expect(check(Buffer.from("#!/bin/sh\n"))).toMatchObject({
      status: 1,
      stdout: expect.stringContaining("something else"),
    });
  });
});

/** What the script needs of the project, with a `packs/core/sensors` of its own. */
function checkout() {
  const directory = mkdtempSync(join(tmpdir(), "packsync-build-"));
  const at = (path: string) => join(directory, path);
  mkdirSync(at("packs/core/sensors"), { recursive: true });
  mkdirSync(at("bin"));
  for (const name of ["docker", "node_modules", "packs/core/native", "scripts", "src"])
    symlinkSync(join(root, name), at(name));
  const file = (name: string, bytes: Buffer | string) => {
    writeFileSync(at(name), bytes);
    return at(name);
  };
  const tool = (name: string, script: string) => chmodSync(file(`bin/${name}`, `#!/bin/sh\n${script}\n`), 0o755);
  return {
    at,
    file,
    sensors: at("packs/core/sensors"),
    /** Found before the machine's own. */
    tool,
    /** In its target directory, whatever it is asked to build. */
    cargoGives(bytes: Buffer) {
      const to = `$CARGO_TARGET_DIR/${machine}-unknown-linux-gnu/release`;
      tool("cargo", `mkdir -p "${to}" && cp "${file("built", bytes)}" "${to}/${NAME}"`);
    },
    run(env: Readonly<Record<string, string>>, args: readonly string[] = []) {
      const all = { ...CARGO_ENV, PATH: `${at("bin")}:${process.env["PATH"]}`, ...env };
      return spawnSync(at("scripts/build-pack-binaries.sh"), args, { env: all, encoding: "utf8" });
    },
    [Symbol.dispose]: () => rmSync(directory, { recursive: true }),
  };
}
