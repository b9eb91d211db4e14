import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { tarGzOf } from "../support/archives.ts";
import { MAIN } from "./programs/start.ts";
import { PATIENCE } from "./support/daemon.ts";
import { type Story, story } from "./support/story.ts";

const SCRIPT = "#!/bin/sh\necho\n";

const run = promisify(execFile);

interface Registry {
  /** What was asked for, in order. */
  readonly asked: string[];
  /** It answers nobody. */
  isStuck: boolean;
}

/** A registry with these packs in it, as archives beside its index. */
async function registry(
  it: Story,
  packs: readonly { ref: string; version?: string; needs?: string; files?: Record<string, string> }[],
) {
  const archives = new Map<string, Buffer>();
  const registered: Registry = { asked: [], isStuck: false };
  const server = createServer(({ url: path = "" }, response) => {
    registered.asked.push(path);
    if (registered.isStuck) return;
    const bytes = archives.get(path);
    response.writeHead(bytes === undefined ? 404 : 200).end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  it.defer(() => server.close());
  const url = `http://127.0.0.1:${Object(server.address()).port}`;
  const entries = packs.map(({ ref, version = "1.0.0", needs, files = {} }) => {
    const dependencies = needs === undefined ? "" : `dependencies: ["${needs}"]\n`;
    const all = {
      "pack.yaml": `ref: ${ref}\nlabel: ${ref}\nversion: "${version}"\n${dependencies}`,
      "actions/run.sh": SCRIPT,
      ...files,
    };
    const bytes = tarGzOf(
      Object.entries(all).map(([name, content]) => ({ name: `${ref}/${name}`, content, mode: 0o755 })),
    );
    archives.set(`/${ref}.tgz`, bytes);
    const checksum = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    const source = { type: "archive", url: `${url}/${ref}.tgz`, checksum };
    return { ref, version, label: ref, description: ref, install_sources: [source] };
  });
  it.write("index.json", JSON.stringify({ packs: entries }));
  const registries = `[{url: "file://${it.at("index.json")}", allowHttp: true}]`;
  it.write("packsync.yaml", `install: {registries: ${registries}, allowPrivate: ["127.0.0.1"]}\n`);
  return registered;
}

/** Beside the registry, which this process is. */
async function packsync(it: Story, ...args: readonly string[]) {
  const options = { cwd: it.directory, env: { PATH: process.env["PATH"] ?? "" } };
  return await run(process.execPath, [MAIN, ...args], options).then(
    ({ stdout }) => ({ code: 0, stdout }),
    ({ code, stdout }) => ({ code, stdout }),
  );
}

async function install(it: Story, ...args: readonly string[]) {
  const { code, stdout } = await packsync(it, "install", ...args, "--no-cache", "--format", "json");
  return { code, document: JSON.parse(stdout) };
}

function live(it: Story): string[] {
  const { packs } = JSON.parse(it.packsync(["status", "--format", "json"]).stdout);
  return packs.flatMap((pack: Record<string, unknown>) =>
    pack["state"] === "live" ? [`${pack["ref"]} ${pack["version"]}`] : [],
  );
}

test("a pack is installed with what it needs, and with what that needs, those that others need first", async () => {
  using it = story();
  await registry(it, [
    { ref: "app", needs: "lib@>=1.0" },
    { ref: "lib", version: "1.2.0", needs: "base" },
    { ref: "base" },
  ]);
  const { code, document } = await install(it, "app");
  expect(document).toMatchObject({ failed_in: null, register: { failed_packs: [] } });
  expect(document.register.registered_packs.map(({ pack_ref }: Record<string, string>) => pack_ref)).toEqual([
    "base",
    "lib",
    "app",
  ]);
  expect(code).toBe(0);
  expect(live(it)).toEqual(["app 1.0.0", "base 1.0.0", "lib 1.2.0"]);
});

test("what is needed and cannot be had ends it before anything is changed; --skip-deps does not ask", async () => {
  using it = story();
  await registry(it, [
    { ref: "app", needs: "lib@>=2.0" },
    { ref: "lib", version: "1.2.0" },
  ]);
  expect(await install(it, "app")).toMatchObject({ code: 1, document: { failed_in: "dependencies", register: null } });
  expect((await packsync(it, "install", "app", "--no-cache")).stdout).toContain(
    "Required pack 'lib >=2.0' is not installed; app needs it",
  );
  expect(it.exists("volume/app")).toBe(false);
  expect(await install(it, "app", "--skip-deps")).toMatchObject({ code: 0 });
  expect(live(it)).toEqual(["app 1.0.0"]);
});

test("one pack that is invalid keeps all of them out, also those that were live before it", async () => {
  using it = story();
  const bad = { "actions/run.yaml": "ref: [" };
  await registry(it, [{ ref: "app", needs: "lib", files: bad }, { ref: "lib" }]);
  const { code, document } = await install(it, "app");
  expect(code).toBe(1);
  expect(document).toMatchObject({
    failed_in: "register",
    register: { registered_packs: [], failed_packs: [{ pack_ref: "app", error_stage: "validation" }] },
  });
  expect(live(it)).toEqual([]);
  expect(it.tree("volume/.packsync/installed")).toEqual({});
});

test("a dry run fetches, looks, and changes nothing", async () => {
  using it = story();
  await registry(it, [{ ref: "app", needs: "lib" }, { ref: "lib" }]);
  const { code, stdout } = await packsync(it, "install", "app", "--no-cache", "-n");
  expect(code).toBe(0);
  expect(stdout).toMatch(/2 packs would be installed \(dry run\)\n$/);
  expect(it.exists("volume")).toBe(false);
});

test("a source that cannot be had ends it with what was expected", async () => {
  using it = story();
  await registry(it, [{ ref: "lib" }]);
  const { code, stdout } = await packsync(it, "install", "lib", "./none", "--no-cache");
  expect(code).toBe(1);
  expect(stdout).toMatch(/failed \.\/none: [\s\S]*nothing was changed\n$/);
  expect(it.exists("volume/lib")).toBe(false);
});

test("killed while it downloads, it has changed nothing; the next one does it", async () => {
  using it = story();
  const registered = await registry(it, [{ ref: "app" }]);
  registered.isStuck = true;
  const env = { PATH: process.env["PATH"] ?? "", TMPDIR: it.at(".") };
  const child = spawn(process.execPath, [MAIN, "install", "app", "--no-cache"], { cwd: it.directory, env });
  await expect.poll(() => registered.asked, PATIENCE).toEqual(["/app.tgz"]);
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(it.exists("volume")).toBe(false);
  registered.isStuck = false;
  expect(await install(it, "app")).toMatchObject({ code: 0 });
  expect(live(it)).toEqual(["app 1.0.0"]);
});
