import { execFileSync } from "node:child_process";
import { existsSync, symlinkSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { PATIENCE } from "../scenarios/support/daemon.ts";
import { pack } from "../scenarios/support/packs.ts";
import { executable, type Tree } from "../scenarios/support/tree.ts";
import { describeWith } from "../support/requires.ts";
import { READER, type Served, served, TOKEN } from "./serving.ts";

const at = (name: string) => `/api/v1/packs/${name}`;

/** A server whose requests may use `outside`, beside the usual directories of a working directory. */
function withRoots(packs: Tree = {}, env: Readonly<Record<string, string>> = {}): Promise<Served> {
  return served({ packs, env, server: { roots: ["packs", "volume", "downloads", "allowed"] } });
}

describe("download", () => {
  test("fetches packs of this machine, and says of each what came of it", async () => {
    await using it = await withRoots();
    it.write("allowed/core", pack("core", {}, "1.2.0"));
    it.write("outside/secret", pack("secret"));
    const { status, json } = await it.send("POST", at("download"), {
      packs: [it.at("allowed/core"), it.at("outside/secret"), it.at("allowed/nothing"), "~/x", "what is this?"],
      destination_dir: it.at("downloads/new"),
      registry_url: "https://registry.attune.io/index.json",
      ref_spec: null,
      timeout: 300,
      verify_ssl: true,
    });
    expect({ status, json }).toEqual({
      status: 200,
      json: {
        data: {
          downloaded_packs: [
            {
              source: it.at("allowed/core"),
              source_type: "local_directory",
              pack_path: it.at("downloads/new/core"),
              pack_ref: "core",
              pack_version: "1.2.0",
              git_commit: null,
              checksum: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
            },
          ],
          failed_packs: [
            {
              source: it.at("outside/secret"),
              error: expect.stringContaining("below one of"),
              hint: expect.any(String),
            },
            { source: "~/x", error: expect.stringContaining("absolute path"), hint: expect.any(String) },
            {
              source: "what is this?",
              error: expect.stringContaining("Expected the source of a pack"),
              hint: expect.any(String),
            },
            { source: it.at("allowed/nothing"), error: expect.stringContaining("got neither") },
          ],
          total_count: 5,
          success_count: 1,
          failure_count: 4,
        },
      },
    });
    expect(it.tree("downloads/new/core")).toEqual(it.tree("allowed/core"));
    expect(it.exists("downloads/new/secret")).toBe(false);
  });

  test("asks a registry below the roots, and none elsewhere", async () => {
    await using it = await withRoots();
    const index = JSON.stringify({ packs: [] });
    for (const place of ["allowed", "outside"]) it.write(place, { "index.json": index });
    const ask = (registry_url: string) =>
      it.send("POST", at("download"), { packs: ["core"], destination_dir: it.at("downloads"), registry_url });
    const { status, json } = await ask(`file://${it.at("allowed/index.json")}`);
    expect(status).toBe(200);
    expect(json.data.failed_packs).toEqual([{ source: "core", error: expect.stringContaining("got no such pack in") }]);
    for (const url of [
      `file://${it.at("outside/index.json")}`,
      "file:///etc/passwd",
      "ftp://a/b",
      "nonsense",
      "file://host/x",
    ])
      expect(await ask(url), url).toMatchObject({ status: 400, json: { code: "BAD_REQUEST" } });
    const secret = await ask("http://user:hunter2@127.0.0.1:9/index.json");
    expect(secret.json.data.failed_packs).toHaveLength(1);
    expect(secret.text).not.toContain("hunter2");
    const metadata = await ask("https://169.254.169.254/index.json");
    expect(metadata.json.data.failed_packs[0].error).toContain("private");
  });

  test.for([
    { title: "outside", path: "outside" },
    { title: "above", path: "allowed/../.." },
    { title: "relative", path: undefined },
    { title: "behind a link", path: "allowed/link/x" },
    { title: "packsync's own", path: "volume/.packsync/installed" },
  ])("a destination that is $title: 400, and nothing is made", async ({ path }) => {
    await using it = await withRoots();
    it.write("outside", {});
    it.write("allowed", {});
    symlinkSync(it.at("outside"), it.at("allowed/link"));
    const destination_dir = path === undefined ? "downloads" : `${it.directory}/${path}`;
    const { status, json } = await it.send("POST", at("download"), { packs: [], destination_dir });
    expect({ status, code: json.code }).toEqual({ status: 400, code: "BAD_REQUEST" });
    expect(json.error).toContain("`destination_dir`");
    expect(it.exists("outside/x") || it.exists("volume/.packsync/installed")).toBe(false);
  });

  test("a destination that is a file: 400", async () => {
    await using it = await withRoots();
    it.write("allowed", { file: "x" });
    const body = { packs: [], destination_dir: it.at("allowed/file") };
    expect(await it.send("POST", at("download"), body)).toMatchObject({ status: 400, json: { code: "BAD_REQUEST" } });
  });
});

describeWith({ tools: ["git"] }, "download by git", () => {
  test("reads repositories below the roots only, and their commit is real", async () => {
    await using it = await withRoots();
    for (const place of ["allowed", "outside"]) it.write(`${place}/demo`, pack("demo"));
    const commit = ["allowed", "outside"].map((place) => commitIn(it.at(`${place}/demo`)))[0];
    symlinkSync(it.at("outside/demo"), it.at("allowed/link"));
    const { json } = await it.send("POST", at("download"), {
      packs: ["allowed/demo", "outside/demo", "allowed/link", "allowed/../outside/demo"].map(
        (path) => `file://${it.directory}/${path}/.git`,
      ),
      destination_dir: it.at("downloads"),
    });
    expect(json.data).toMatchObject({
      downloaded_packs: [{ source_type: "git", git_commit: commit, pack_ref: "demo" }],
      success_count: 1,
      failure_count: 3,
    });
    for (const { error } of json.data.failed_packs) expect(error).toContain("below one of");
  });
});

test("dependencies: what packs need, field by field", async () => {
  await using it = await withRoots({ core: pack("core") });
  it.once();
  const aws = 'ref: aws\nlabel: AWS\nversion: "1.0.0"\ndependencies: ["core@>=1.0.0", other]\npython: ">=3.9"\n';
  it.write("allowed/aws", { "pack.yaml": aws, "requirements.txt": "boto3\n" });
  const { status, json } = await it.send(
    "POST",
    at("dependencies"),
    {
      pack_paths: [it.at("allowed/aws"), it.at("packs/core"), it.at("allowed/nothing"), "/etc"],
      skip_validation: false,
    },
    { authorization: `Bearer ${READER}` },
  );
  expect({ status, json }).toEqual({
    status: 200,
    json: {
      data: {
        dependencies: [
          { pack_ref: "core", version_spec: ">=1.0.0", required_by: "aws", already_installed: true },
          { pack_ref: "other", version_spec: "*", required_by: "aws", already_installed: false },
        ],
        runtime_requirements: {
          aws: {
            pack_ref: "aws",
            python: { version: ">=3.9", requirements_file: it.at("allowed/aws/requirements.txt") },
            nodejs: null,
          },
        },
        missing_dependencies: [{ pack_ref: "other", version_spec: "*", required_by: "aws", already_installed: false }],
        analyzed_packs: [
          { pack_ref: "aws", pack_path: it.at("allowed/aws"), has_dependencies: true, dependency_count: 2 },
          { pack_ref: "core", pack_path: it.at("packs/core"), has_dependencies: false, dependency_count: 0 },
        ],
        errors: [
          { pack_path: "/etc", error: expect.stringContaining("below one of") },
          { pack_path: it.at("allowed/nothing"), error: expect.any(String) },
        ],
        conflicting_dependencies: [],
        circular_dependencies: [],
        install_order: expect.arrayContaining(["aws", "core"]),
      },
    },
  });
  const nothing = await it.send("POST", at("dependencies"), { pack_paths: [] });
  expect(nothing).toMatchObject({ status: 200, json: { data: { analyzed_packs: [], errors: [] } } });
});

describeWith({ tools: ["python3"] }, "build-envs", () => {
  const whole = {
    packs_base_dir: "/opt/attune/packs",
    python_version: "3.11",
    nodejs_version: "20",
    skip_python: false,
    skip_nodejs: false,
    force_rebuild: false,
    timeout: 600,
  };
  const needy = { "pack.yaml": 'ref: needy\nlabel: N\nversion: "1.0.0"\n', "requirements.txt": "" };

  test("builds what packs need where services look for it, field by field", { timeout: 120_000 }, async () => {
    await using it = await withRoots({}, { RUNTIME_ENVS_DIR: "envs" });
    it.write("allowed/needy", needy);
    it.write("allowed/plain", pack("plain"));
    const paths = ["needy", "plain", "nothing"].map((name) => it.at(`allowed/${name}`));
    const { status, json } = await it.send("POST", at("build-envs"), { ...whole, pack_paths: [...paths, "/etc"] });
    expect({ status, json }).toEqual({
      status: 200,
      json: {
        data: {
          built_environments: [
            {
              pack_ref: "needy",
              pack_path: paths[0],
              environments: {
                python: {
                  virtualenv_path: it.at("envs/needy/python"),
                  requirements_installed: true,
                  package_count: expect.any(Number),
                  python_version: expect.stringMatching(/^Python 3\./),
                },
                nodejs: null,
              },
              duration_ms: expect.any(Number),
            },
            {
              pack_ref: "plain",
              pack_path: paths[1],
              environments: { python: null, nodejs: null },
              duration_ms: expect.any(Number),
            },
          ],
          failed_environments: [
            {
              pack_ref: "unknown",
              pack_path: "/etc",
              runtime: "unknown",
              error: expect.stringContaining("below one of"),
              hint: expect.any(String),
            },
            expect.objectContaining({ pack_path: paths[2], runtime: "unknown", error: expect.any(String) }),
          ],
          summary: {
            total_packs: 4,
            success_count: 2,
            failure_count: 2,
            python_envs_built: 1,
            nodejs_envs_built: 0,
            total_duration_ms: expect.any(Number),
          },
        },
      },
    });
    expect(existsSync(it.at("envs/needy/python/bin/python"))).toBe(true);
  });

  test("where nobody says where environments are, builds none and says what is there", async () => {
    await using it = await withRoots();
    it.write("allowed/needy", needy);
    const { status, json } = await it.send("POST", at("build-envs"), {
      ...whole,
      pack_paths: [it.at("allowed/needy")],
    });
    expect({ status, json }).toMatchObject({
      status: 200,
      json: { data: { summary: { total_packs: 1, python_envs_built: 0 } } },
    });
  });
});

describe("register", () => {
  const batch = (it: Served, body: object) =>
    it.send("POST", at("register-batch"), { packs_base_dir: "/opt/attune/packs", ...body });

  test("a batch is published and registered, pack by pack, field by field", async () => {
    await using it = await withRoots();
    it.write("allowed/aws", pack("aws"));
    it.write("allowed/broken", pack("broken", { "pack.yaml": "ref: broken\nversion: [\n" }));
    const paths = ["aws", "broken", "nothing"].map((name) => it.at(`allowed/${name}`));
    const { status, json } = await batch(it, {
      pack_paths: [...paths, "/etc"],
      skip_validation: false,
      skip_tests: false,
      force: false,
    });
    expect({ status, json }).toEqual({
      status: 200,
      json: {
        data: {
          registered_packs: [
            {
              pack_ref: "aws",
              pack_id: expect.any(Number),
              pack_version: "1.0.0",
              storage_path: it.at("volume/aws"),
              release: expect.stringMatching(/^1-/),
              components_registered: { actions: 1, sensors: 0, triggers: 0, rules: 0, workflows: 0, policies: 0 },
              test_result: null,
              validation_results: { valid: true, errors: [] },
            },
          ],
          failed_packs: [
            {
              pack_ref: "unknown",
              pack_path: "/etc",
              error: expect.stringContaining("below one of"),
              error_stage: "path",
              hint: expect.any(String),
            },
            expect.objectContaining({
              pack_path: paths[1],
              error: expect.any(String),
              error_stage: expect.any(String),
            }),
            expect.objectContaining({ pack_ref: "unknown", pack_path: paths[2], error_stage: "path" }),
          ],
          summary: {
            total_packs: 4,
            success_count: 1,
            failure_count: 3,
            total_components: 1,
            duration_ms: expect.any(Number),
          },
        },
      },
    });
    expect(it.tree("volume/aws")).toEqual(it.tree("allowed/aws"));
    const again = await batch(it, { pack_paths: [paths[0]] });
    expect(again.json.data.failed_packs).toMatchObject([{ pack_ref: "aws", error_stage: "registration" }]);
    expect((await batch(it, { pack_paths: [] })).json.data.summary.total_packs).toBe(0);
    expect(await batch(it, { pack_paths: [], packs_base_dir: "/etc" })).toMatchObject({ status: 400 });
  });

  test("one pack: 201 with the pack; once more 409; without a path 400; invalid 422", async () => {
    await using it = await withRoots();
    it.write("allowed/aws", pack("aws"));
    const register = (path: unknown, more: object = {}) => it.send("POST", at("register"), { path, ...more });
    const { status, json } = await register(it.at("allowed/aws"));
    expect({ status, json }).toEqual({
      status: 201,
      json: { data: { pack: (await it.send("GET", at("aws"))).json.data, test_result: null, tests_skipped: false } },
    });
    expect(await register(it.at("allowed/aws"))).toMatchObject({ status: 409, json: { code: "CONFLICT" } });
    expect(await register(it.at("allowed/aws"), { force: true, skip_tests: true })).toMatchObject({
      status: 201,
      json: { data: { tests_skipped: true } },
    });
    expect(await register(undefined)).toMatchObject({ status: 400 });
    expect(await register("/etc")).toMatchObject({ status: 400 });
    expect(await register(it.at("allowed/nothing"))).toMatchObject({ status: 400 });
    it.write("allowed/wrong", pack("wrong", { actions: { "a.yaml": "ref: wrong.a\nlabel: [\n" } }));
    const wrong = await register(it.at("allowed/wrong"));
    expect(wrong).toMatchObject({ status: 422, json: { code: "UNPROCESSABLE_ENTITY" } });
    expect(it.exists("volume/wrong")).toBe(false);
  });

  test("a pack whose tests fail: 422, with force 201", async () => {
    await using it = await withRoots();
    const testing = "testing:\n  enabled: true\n  runners:\n    unit: {type: script, entry_point: run.sh}\n";
    const manifest = `ref: bad\nlabel: Bad\nversion: "1.0.0"\n${testing}`;
    it.write("allowed/bad", { "pack.yaml": manifest, "run.sh": executable("#!/bin/sh\nexit 1\n") });
    const register = (more: object) => it.send("POST", at("register"), { path: it.at("allowed/bad"), ...more });
    const failed = await register({});
    expect(failed).toMatchObject({ status: 422, json: { error: expect.stringContaining("tests did not pass") } });
    expect(it.exists("volume/bad")).toBe(false);
    expect(await register({ force: true })).toMatchObject({
      status: 201,
      json: { data: { pack: { ref: "bad" }, test_result: { status: "failed", failed: 1 } } },
    });
  });

  test("what was installed leaves by DELETE; what a source carries stays: 409; what is not there: 404", async () => {
    await using it = await withRoots({ core: pack("core") });
    it.once();
    it.write("allowed/aws", pack("aws"));
    await it.send("POST", at("register"), { path: it.at("allowed/aws") });
    const { status, json } = await it.send("DELETE", at("aws"));
    expect({ status, json }).toEqual({
      status: 200,
      json: { data: { pack_ref: "aws", outcome: "retired", diagnostics: expect.any(Array) } },
    });
    expect(it.exists("volume/aws")).toBe(false);
    expect(await it.send("GET", at("aws"))).toMatchObject({ status: 404 });
    expect(await it.send("DELETE", at("aws"))).toMatchObject({ status: 404 });
    expect(await it.send("DELETE", at("core"))).toMatchObject({ status: 409, json: { code: "CONFLICT" } });
    expect(it.exists("volume/core")).toBe(true);
  });
});

test("who hangs up takes the work back", async () => {
  await using it = await withRoots();
  const run = executable(`#!/bin/sh\necho $$ > ${it.at("pid")}\nexec sleep 1000\n`);
  const testing = "testing:\n  enabled: true\n  runners:\n    unit: {type: script, entry_point: run.sh}\n";
  it.write("allowed/slow", { "pack.yaml": `ref: slow\nlabel: Slow\nversion: "1.0.0"\n${testing}`, "run.sh": run });
  await it.send("POST", at("register"), { path: it.at("allowed/slow"), skip_tests: true });
  const gone = new AbortController();
  const asked = fetch(`${it.url}${at("slow/test")}`, {
    method: "POST",
    headers: { authorization: `Bearer ${TOKEN}` },
    signal: gone.signal,
  }).catch((error: Error) => error.name);
  await expect.poll(() => it.exists("pid") && it.read("pid") !== "", PATIENCE).toBe(true);
  const process = `/proc/${it.read("pid").trim()}`;
  expect(existsSync(process)).toBe(true);
  gone.abort();
  expect(await asked).toBe("AbortError");
  await expect.poll(() => existsSync(process), PATIENCE).toBe(false);
  expect(it.errors).toEqual([]);
});

test.for([
  {
    name: "dependencies",
    body: { pack_paths: ["/tmp/pack-downloads/core", "/tmp/pack-downloads/aws"], skip_validation: false },
  },
  { name: "dependencies", body: { pack_paths: [] } },
  {
    name: "register-batch",
    body: {
      pack_paths: ["/opt/attune/packs/core", "/opt/attune/packs/aws"],
      packs_base_dir: "/opt/attune/packs",
      skip_validation: false,
      skip_tests: false,
      force: false,
    },
  },
])("a documented request is taken, word by word: $name", async ({ name, body }) => {
  await using it = await withRoots(); // where none of these paths may be used
  const { status, json } = await it.send("POST", at(name), body);
  expect({ status, json }).toEqual({ status: 200, json: { data: expect.any(Object) } });
});

describe("install", () => {
  const install = (it: Served, source: string, more: object = {}) =>
    it.send("POST", at("install"), { source, ...more });

  test("does every stage, for one source: 200 with the pack; again, too", async () => {
    await using it = await withRoots();
    it.write("allowed/aws", pack("aws"));
    const { status, json } = await install(it, it.at("allowed/aws"), { skip_tests: false, skip_deps: false });
    expect({ status, json }).toEqual({
      status: 200,
      json: { data: { pack: (await it.send("GET", at("aws"))).json.data, test_result: null, tests_skipped: false } },
    });
    expect(it.tree("volume/aws")).toEqual(it.tree("allowed/aws"));
    expect(await install(it, it.at("allowed/aws"))).toMatchObject({ status: 200 });
    expect(await install(it, it.at("allowed/aws"), { force: false })).toMatchObject({ status: 409 });
  });

  test.for([
    { title: "what is not there", source: "allowed/nothing", more: {}, status: 422, says: "got neither" },
    { title: "what no request may use", source: "outside/x", more: {}, status: 400, says: "below one of" },
    {
      title: "what needs another pack",
      source: "allowed/needy",
      more: {},
      status: 422,
      says: "needy needs other *: missing",
    },
    { title: "what is not valid", source: "allowed/wrong", more: {}, status: 422, says: "not valid" },
  ])("$title: $status, and nothing is changed", async ({ source, more, status, says }) => {
    await using it = await withRoots();
    it.write("allowed/needy", { "pack.yaml": 'ref: needy\nlabel: N\nversion: "1.0.0"\ndependencies: [other]\n' });
    it.write("allowed/wrong", pack("wrong", { actions: { "a.yaml": "ref: wrong.a\nlabel: [\n" } }));
    const answer = await install(it, it.at(source), more);
    expect(answer).toMatchObject({ status, json: { error: expect.stringContaining(says), status } });
    expect((await it.send("GET", "/api/v1/packs")).json.data).toEqual([]);
  });

  test("what needs another pack comes with `skip_deps`", async () => {
    await using it = await withRoots();
    it.write("allowed/needy", { "pack.yaml": 'ref: needy\nlabel: N\nversion: "1.0.0"\ndependencies: [other]\n' });
    expect(await install(it, it.at("allowed/needy"), { skip_deps: true })).toMatchObject({
      status: 200,
      json: { data: { pack: { ref: "needy", dependencies: ["other"] } } },
    });
  });
});

function commitIn(directory: string): string {
  const git = (...args: readonly string[]) =>
    execFileSync("git", ["-C", directory, ...args], { encoding: "utf8" }).trim();
  git("init", "-q");
  git("add", ".");
  git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "one");
  return git("rev-parse", "HEAD");
}
