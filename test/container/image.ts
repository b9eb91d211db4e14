import { execFileSync } from "node:child_process";
import { appendFileSync, mkdirSync, readFileSync } from "node:fs";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { describe, expect, test } from "vitest";
import { buildImage, type Docker, PROJECT } from "./support/docker.ts";

/** What the image consists of, as docs/container.md lists it: paths below its root. */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  "Node 26, stripped": ["usr/local/bin/node"],
  "its libraries": ["lib", "lib64"],
  "tini, busybox": ["usr/bin", "bin"],
  "CA certificates": ["etc/ssl"],
  "packsync, koffi's native file, what V8 compiled": ["opt/packsync"],
};

const MAX_COMPRESSED_MB = 50;

export function imageTests(docker: () => Docker): void {
  describe("the image", () => {
    test("is built again from the layers of the dependencies when only sources changed", async () => {
      appendFileSync(`${docker().context}/src/main.ts`, "// another line\n");
      const steps = (await buildImage(docker(), "packsync")).split("\n");
      const cached = (step: RegExp) => {
        const number = /^#\d+/.exec(steps.find((line) => step.test(line)) ?? "")?.[0];
        return steps.includes(`${number} CACHED`);
      };
      expect({
        dependencies: cached(/ RUN --mount=type=cache,.* npm ci/),
        system: cached(/ RUN sh \/assemble/),
        bundle: cached(/ RUN node scripts\/build/),
      }).toEqual({ dependencies: true, system: true, bundle: false });
    });

    test("weighs what docs/container.md says, and at most 50 MB compressed", async () => {
      const root = await unpacked(docker());
      const page = readFileSync(`${PROJECT}docs/container.md`, "utf8");
      let total = 0;
      for (const [part, paths] of Object.entries(PARTS)) {
        const archive = execFileSync("tar", ["-C", root, "-c", ...paths], { maxBuffer: 1e9 });
        const compressed = (await promisify(gzip)(archive)).length;
        total += compressed;
        const [, disk = "", gz = ""] = new RegExp(`^\\| ${part} \\| ([\\d.]+) \\| ([\\d.]+) \\|`, "m").exec(page) ?? [];
        expect(near(archive.length, disk), `${part}: ${mb(archive.length)} MB on disk`).toBe(true);
        expect(near(compressed, gz), `${part}: ${mb(compressed)} MB compressed`).toBe(true);
      }
      expect(total / 1e6).toBeLessThanOrEqual(MAX_COMPRESSED_MB);
    });

    test("has nothing else in it: no package manager, no packs", async () => {
      const root = await unpacked(docker());
      const known = Object.values(PARTS).flat();
      const files = execFileSync("find", [root, "-type", "f", "-printf", "%P\n"], { encoding: "utf8" })
        .trim()
        .split("\n");
      const others = files.filter((file) => !known.some((part) => file === part || file.startsWith(`${part}/`)));
      expect(others.sort()).toEqual([
        ...[".dockerenv", "dev/console"], // the engine's own
        ...["etc/group", "etc/hostname", "etc/hosts", "etc/packsync/defaults.yaml", "etc/passwd", "etc/resolv.conf"],
        "usr/local/bin/docker_entrypoint.sh",
      ]);
      expect(
        execFileSync("ls", ["-A", `${root}/opt/attune/packs`, `${root}/source`], { encoding: "utf8" }),
      ).not.toContain("pack.yaml");
    });

    test("takes options and commands as packsync's, and anything else as a program", async () => {
      const run = (...args: readonly string[]) => docker().run("run", "--rm", "--network", "none", "packsync", ...args);
      expect((await run("--version")).stdout).toBe("0.1.0\n");
      expect((await run("config", "--format", "json")).stdout).toContain('"require": [\n      "core"');
      expect((await run("busybox", "echo", "hello")).stdout).toBe("hello\n");
      const missing = await run("download", "file:///source/demo.git", "--to", "/tmp/packs", "--no-cache");
      expect(missing.stdout + missing.stderr).toMatch(/runtime not available: git[\s\S]*packsync-install/);
      const help = (await run("--help")).stdout;
      const commands = [...help.matchAll(/^ {2}([a-z][a-z-]*)(?: .*)? {2}\S/gm)].map(([, name = ""]) => name);
      expect(commands).toContain("sync");
      const script = readFileSync(`${PROJECT}docker/docker_entrypoint.sh`, "utf8");
      const known = /-\* \|([^)]*)\)/
        .exec(script)?.[1]
        ?.split(/[\s|\\]+/)
        .filter(Boolean);
      expect(known).toEqual([...new Set(commands)].sort());
    });

    test("has what V8 compiled, and this Node takes it", async () => {
      const script = `
        const { readFileSync, statSync } = require("node:fs");
        const [program, kept] = ["main.js", \`main-\${process.version}-\${process.arch}.compiled\`].map((name) => "/opt/packsync/" + name);
        const source = \`(function (exports, require, module, __filename, __dirname) {\${readFileSync(program, "latin1")}\\n})\`;
        const { cachedDataRejected } = new (require("node:vm").Script)(source, { cachedData: readFileSync(kept) });
        console.log(JSON.stringify({ cachedDataRejected, isOld: statSync(kept).mtimeMs < statSync(program).mtimeMs }));`;
      const said = await docker().ok("run", "--rm", "--network", "none", "packsync", "node", "-e", script);
      expect(JSON.parse(said)).toEqual({ cachedDataRejected: false, isOld: false });
    });

    test("for the installation of packs is built by the same Dockerfile", async () => {
      await buildImage(docker(), "packsync-install");
      expect(await docker().ok("run", "--rm", "--network", "none", "packsync-install", "--version")).toBe("0.1.0");
    });
  });
}

let extracted: string | undefined;

/** Its files, in a directory. */
async function unpacked(docker: Docker): Promise<string> {
  if (extracted !== undefined) return extracted;
  const root = `${docker.engine.directory}/unpacked`;
  mkdirSync(root);
  const container = await docker.ok("create", "packsync");
  await docker.ok("export", "--output", `${root}.tar`, container);
  execFileSync("tar", ["-C", root, "-xf", `${root}.tar`]);
  await docker.ok("rm", container);
  extracted = root;
  return root;
}

function mb(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

/** Within a twentieth, or 50 kB: other machines have other versions of small things. */
function near(bytes: number, written: string): boolean {
  const expected = Number(written) * 1e6;
  return Math.abs(bytes - expected) <= Math.max(expected / 20, 150_000);
}
