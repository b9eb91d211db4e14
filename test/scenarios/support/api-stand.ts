import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { vi } from "vitest";
import { tarGzOf } from "../../support/archives.ts";
import { gitBackend, makeRepository, type Repository } from "../../support/git-server.ts";
import { writeWheels } from "../../support/packages.ts";
import { serveWeb, type Web } from "../../support/web.ts";
import { PATIENCE, startDaemon } from "./daemon.ts";
import { action, pack, script } from "./packs.ts";
import { type Story, story } from "./story.ts";
import { executable, type Tree, walk } from "./tree.ts";

/** `packsync serve` over an empty volume, with a registry that has `core`, and a repository of `aws`, which needs `core` and `boto3`. */
export interface ApiStand extends AsyncDisposable {
  readonly it: Story;
  readonly url: string;
  readonly web: Web;
  readonly aws: Repository;
  /** As the registry gives it. */
  readonly coreArchive: Uint8Array;
  /** All that the program has said so far. */
  said(): string;
}

/** Requests may use `downloads` and the volume. */
export async function apiStand(token: string): Promise<ApiStand> {
  const it = story({ packs: {}, volume: {} });
  it.write("registry/core", corePack);
  mkdirSync(it.at("repos/pack-aws.git"), { recursive: true });
  const aws = makeRepository(it.at("repos/pack-aws.git"), (version) =>
    it.write("repos/pack-aws.git", awsPack(version)),
  );
  const coreArchive = archiveOf(it);
  const web = await registryAndGit(it, coreArchive);
  const settings = {
    volume: "./volume",
    runtimeEnvsDir: "./envs",
    server: { roots: ["downloads", "volume"], rateLimit: 0 },
    install: { allowPrivate: ["127.0.0.1"], registries: [{ url: `${web.url}/index.json`, allowHttp: true }] },
  };
  it.write("packsync.yaml", JSON.stringify(settings));
  mkdirSync(it.at("envs"));
  writeWheels(it.at("wheels"), ["boto3@1.34.0"]);
  const pip = { PIP_NO_INDEX: "1", PIP_FIND_LINKS: it.at("wheels"), PIP_CONFIG_FILE: "/dev/null" };
  const env = { PACKSYNC_API_TOKEN: token, HOME: it.directory, ...pip };
  const server = startDaemon(it, { args: ["serve", "--listen", "127.0.0.1:0"], env });
  const find = () => /listens at (http:\S+),/.exec(server.stderr())?.[1] ?? Promise.reject(new Error("it is silent"));
  const url = await vi.waitFor(find, PATIENCE);
  return {
    ...{ it, url, web, aws, coreArchive },
    said: () => `${server.stderr()}${JSON.stringify(server.said())}`,
    async [Symbol.asyncDispose]() {
      await server.stop();
      await web[Symbol.asyncDispose]();
      it[Symbol.dispose]();
    },
  };
}

const corePack: Tree = pack("core", {
  "pack.yaml":
    'ref: core\nlabel: Core\nversion: "1.0.0"\ntesting:\n  enabled: true\n  discovery: {method: directory, path: tests}\n' +
    "  runners:\n    shell: {type: script, entry_point: tests/run.sh}\n",
  actions: {
    "echo.yaml": action("echo"),
    "again.yaml": action("again"),
    "echo.sh": script("echo hello"),
  },
  triggers: { "alert.yaml": "ref: core.alert\nlabel: Alert\nparameters: {}\n" },
  tests: { "run.sh": executable("#!/bin/sh\necho 'Total Tests: 27'\necho 'Passed: 27'\necho 'Failed: 0'\n") },
});

function awsPack(version: string): Tree {
  const manifest = `ref: aws\nlabel: AWS\nversion: "${version}"\ndependencies: ["core@>=1.0.0"]\npython: ">=3.9"\n`;
  return { ...pack("aws"), "pack.yaml": manifest, "requirements.txt": "boto3\n" };
}

/** `core` as an archive of its directory. */
function archiveOf(it: Story): Buffer {
  const files = walk(it.at("registry/core")).filter((path) => /\.\w+$/.test(path));
  return tarGzOf(
    files.sort().map((path) => {
      return { name: path, content: it.read(`registry/core/${path}`), mode: path.endsWith(".sh") ? 0o755 : 0o644 };
    }),
  );
}

/** The registry, what it names, and repositories. */
async function registryAndGit(it: Story, archive: Uint8Array): Promise<Web> {
  const git = gitBackend(it.at("repos"));
  return await serveWeb((request, response) => {
    const checksum = sha256(archive);
    const install_sources = [{ type: "archive", url: `http://${request.headers.host}/core.tar.gz`, checksum }];
    const core = { ref: "core", label: "Core", version: "1.0.0", install_sources };
    if (request.url === "/index.json")
      response.end(JSON.stringify({ registry_name: "test", version: "1.0", packs: [core] }));
    else if (request.url === "/core.tar.gz") response.end(archive);
    else git(request, response);
  });
}

export function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
