import { execFile } from "node:child_process";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith } from "../support/requires.ts";
import { type ApiStand, apiStand, sha256 } from "./support/api-stand.ts";
import { pack } from "./support/packs.ts";
import type { Story } from "./support/story.ts";

const TOKEN = "all-scopes-0123456789abcdef";

/*
 * The session that the platform documents for installing packs, request by request, by curl and the real program: what a client of the platform's reads
 * there is what it gets here, and everything that packsync says beside it is named.
 */
describeWith({ tools: ["curl", "git", "python3"] }, "the documented session", () => {
  let stand: ApiStand;
  let it: Story;
  beforeAll(async () => {
    stand = await apiStand(TOKEN);
    it = stand.it;
  });
  afterAll(() => stand[Symbol.asyncDispose]());

  const post = (name: string, body: unknown, token: string | undefined = TOKEN) =>
    curl("POST", `${stand.url}/api/v1/packs/${name}`, token, JSON.stringify(body));
  const paths = () => ({ core: it.at("downloads/core"), aws: it.at("downloads/aws") });

  test("1. download: from the registry and from git", async () => {
    const source = `git+${stand.web.url}/pack-aws.git@v1.0.0`;
    const request = {
      packs: ["core", source],
      destination_dir: it.at("downloads"),
      registry_url: `${stand.web.url}/index.json`,
      ref_spec: "main",
      timeout: 300,
      verify_ssl: true,
    };
    expect(await post("download", request)).toEqual({
      status: 200,
      type: "application/json; charset=utf-8",
      json: {
        data: {
          downloaded_packs: [
            {
              source: "core",
              source_type: "registry",
              pack_path: paths().core,
              pack_ref: "core",
              pack_version: "1.0.0",
              git_commit: null,
              checksum: sha256(stand.coreArchive),
            },
            {
              source: expect.stringContaining("/pack-aws.git"),
              source_type: "git",
              pack_path: paths().aws,
              pack_ref: "aws",
              pack_version: "1.0.0",
              git_commit: stand.aws.main,
              checksum: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
            },
          ],
          failed_packs: [],
          total_count: 2,
          success_count: 2,
          failure_count: 0,
        },
      },
    });
    expect(it.tree("downloads/core")).toEqual(it.tree("registry/core"));
  });

  test("1. download: one of two is not in the registry", async () => {
    const { status, json } = await post("download", {
      packs: ["core", "invalid-pack"],
      destination_dir: it.at("downloads"),
    });
    expect({ status, json }).toEqual({
      status: 200,
      json: {
        data: {
          downloaded_packs: [expect.objectContaining({ source: "core", pack_version: "1.0.0" })],
          failed_packs: [{ source: "invalid-pack", error: expect.stringContaining("in a registry") }],
          total_count: 2,
          success_count: 1,
          failure_count: 1,
        },
      },
    });
  });

  /** `core` comes along first, and is installed once it is registered. */
  async function expectDependencies(alreadyInstalled: boolean): Promise<void> {
    const { core, aws } = paths();
    const request = { pack_paths: [core, aws], skip_validation: false };
    const { status, json } = await post("dependencies", request);
    expect({ status, json }).toEqual({
      status: 200,
      json: {
        data: {
          dependencies: [
            { pack_ref: "core", version_spec: ">=1.0.0", required_by: "aws", already_installed: alreadyInstalled },
          ],
          runtime_requirements: {
            aws: {
              pack_ref: "aws",
              python: { version: ">=3.9", requirements_file: `${aws}/requirements.txt` },
              nodejs: null,
            },
          },
          missing_dependencies: [],
          analyzed_packs: [
            { pack_ref: "core", pack_path: core, has_dependencies: false, dependency_count: 0 },
            { pack_ref: "aws", pack_path: aws, has_dependencies: true, dependency_count: 1 },
          ],
          errors: [],
          ...{ conflicting_dependencies: [], circular_dependencies: [], install_order: ["core", "aws"] },
        },
      },
    });
  }

  test("2. dependencies: what both need", () => expectDependencies(false));

  test("3. build-envs: a real environment, then the same once more, and a runtime that is not there", {
    timeout: 300_000,
  }, async () => {
    const { core, aws } = paths();
    const request = {
      pack_paths: [core, aws],
      packs_base_dir: "/opt/attune/packs",
      python_version: "3.9",
      nodejs_version: "20",
      skip_python: false,
      skip_nodejs: false,
      force_rebuild: false,
      timeout: 600,
    };
    const python = {
      virtualenv_path: it.at("envs/aws/python"),
      requirements_installed: true,
      package_count: 1,
      python_version: expect.stringMatching(/^Python 3\.\d+\.\d+/),
    };
    const none = { python: null, nodejs: null };
    const wanted = {
      built_environments: [
        { pack_ref: "core", pack_path: core, environments: none, duration_ms: expect.any(Number) },
        { pack_ref: "aws", pack_path: aws, environments: { python, nodejs: null }, duration_ms: expect.any(Number) },
      ],
      failed_environments: [],
      summary: {
        total_packs: 2,
        success_count: 2,
        failure_count: 0,
        python_envs_built: 1,
        nodejs_envs_built: 0,
        total_duration_ms: expect.any(Number),
      },
    };
    for (const turn of ["built", "reused"]) {
      const { status, json } = await post("build-envs", request);
      expect({ status, json }, turn).toEqual({ status: 200, json: { data: wanted } });
    }
    expect(it.exists("envs/aws/python/bin/python3")).toBe(true);

    it.write("downloads/odd", {
      "pack.yaml": 'ref: odd\nlabel: Odd\nversion: "1.0.0"\npython: ">=77"\n',
      "requirements.txt": "",
    });
    const odd = await post("build-envs", { pack_paths: [it.at("downloads/odd")] });
    expect({ status: odd.status, data: odd.json.data }).toEqual({
      status: 200,
      data: {
        built_environments: [],
        failed_environments: [
          {
            pack_ref: "odd",
            pack_path: it.at("downloads/odd"),
            runtime: "python",
            error: expect.stringContaining(">=77"),
            hint: expect.any(String),
          },
        ],
        summary: expect.objectContaining({ total_packs: 1, success_count: 0, failure_count: 1 }),
      },
    });
  });

  test("4. register-batch: both are live, tested and counted", async () => {
    const { core, aws } = paths();
    const request = {
      pack_paths: [core, aws],
      packs_base_dir: "/opt/attune/packs",
      skip_validation: false,
      skip_tests: false,
      force: false,
    };
    const none = { actions: 0, sensors: 0, triggers: 0, rules: 0, workflows: 0, policies: 0 };
    const { status, json } = await post("register-batch", request);
    expect({ status, json }).toEqual({
      status: 200,
      json: {
        data: {
          registered_packs: [
            {
              pack_ref: "core",
              pack_id: expect.any(Number),
              pack_version: "1.0.0",
              storage_path: it.at("volume/core"),
              components_registered: { ...none, actions: 2, triggers: 1 },
              test_result: { status: "passed", total_tests: 27, passed: 27, failed: 0 },
              validation_results: { valid: true, errors: [] },
              release: expect.stringMatching(/^1-[0-9a-f]{8}$/),
            },
            {
              pack_ref: "aws",
              pack_id: expect.any(Number),
              pack_version: "1.0.0",
              storage_path: it.at("volume/aws"),
              components_registered: { ...none, actions: 1 },
              test_result: null,
              validation_results: { valid: true, errors: [] },
              release: expect.stringMatching(/^1-[0-9a-f]{8}$/),
            },
          ],
          failed_packs: [],
          summary: {
            total_packs: 2,
            success_count: 2,
            failure_count: 0,
            total_components: 4,
            duration_ms: expect.any(Number),
          },
        },
      },
    });
    expect(it.tree("volume/core")).toEqual(it.tree("downloads/core"));
    await expectDependencies(true);
  });

  test.for(["download", "dependencies", "build-envs", "register-batch"])(
    "%s with parameters that are none: 400",
    async (stage) => {
      const answer = await post(stage, { packs: "core", pack_paths: "core", destination_dir: it.at("downloads") });
      expect(answer).toEqual({
        status: 400,
        type: "application/json; charset=utf-8",
        json: {
          error: expect.stringMatching(/^Expected `(packs|pack_paths)` to be a list of .*, got `core`/),
          code: "BAD_REQUEST",
          message: expect.any(String),
          status: 400,
        },
      });
    },
  );

  test.for([
    { title: "none", token: undefined },
    { title: "a wrong one", token: "nobody-has-this-one" },
  ])("missing authentication, $title: 401", async ({ token }) => {
    for (const stage of ["download", "dependencies", "build-envs", "register-batch"])
      expect(await curl("POST", `${stand.url}/api/v1/packs/${stage}`, token, "{}"), stage).toEqual({
        status: 401,
        type: "application/json; charset=utf-8",
        json: { error: expect.any(String), code: "UNAUTHORIZED", message: expect.any(String), status: 401 },
      });
  });

  test("an invalid pack path is in `errors`", async () => {
    const { status, json } = await post("dependencies", { pack_paths: [it.at("downloads/nothing")] });
    expect({ status, errors: json.data.errors }).toEqual({
      status: 200,
      errors: [{ pack_path: it.at("downloads/nothing"), error: expect.any(String) }],
    });
  });

  test("missing dependencies are in `missing_dependencies`; an installation ends there, but with `skip_deps`", async () => {
    it.write("downloads/needy", {
      ...pack("needy"),
      "pack.yaml": 'ref: needy\nlabel: Needy\nversion: "1.0.0"\ndependencies: ["absent@^2"]\n',
    });
    const path = it.at("downloads/needy");
    const { json } = await post("dependencies", { pack_paths: [path] });
    expect(json.data.missing_dependencies).toEqual([
      { pack_ref: "absent", version_spec: "^2", required_by: "needy", already_installed: false },
    ]);
    const refused = await post("install", { source: path });
    expect({ status: refused.status, text: refused.json.message }).toEqual({
      status: 422,
      text: expect.stringContaining("absent"),
    });
    const skipped = await post("install", { source: path, skip_deps: true });
    expect(skipped).toMatchObject({ status: 200, json: { data: { pack: { ref: "needy" }, test_result: null } } });
  });

  test("a pack that is registered already fails without `force`", async () => {
    const { core } = paths();
    const known = await curl("GET", `${stand.url}/api/v1/packs/core`, TOKEN);
    const again = await post("register-batch", { pack_paths: [core] });
    expect({ status: again.status, data: again.json.data }).toMatchObject({
      status: 200,
      data: { registered_packs: [], failed_packs: [{ pack_ref: "core", pack_path: core }] },
    });
    // The platform's documentation has 400 here, its code 409.
    expect(await post("register", { path: core })).toMatchObject({ status: 409, json: { code: "CONFLICT" } });
    const forced = await post("register-batch", { pack_paths: [core], force: true });
    expect(forced.json.data.registered_packs).toMatchObject([{ pack_ref: "core", pack_id: known.json.data.id }]);
  });
});

interface Answer {
  readonly status: number;
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: what comes is what is tested
  readonly json: any;
}

/** A request as the documentation has it; our own event loop goes on, for it serves the registry. */
function curl(method: string, url: string, token: string | undefined, body = ""): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const headers = [
    ...(token === undefined ? [] : [`Authorization: Bearer ${token}`]),
    "Content-Type: application/json",
  ];
  const args = ["-sS", "-X", method, ...headers.flatMap((line) => ["-H", line]), "--data-binary", body];
  execFile("curl", [...args, "-w", "\n%{http_code} %{content_type}", url], (error, stdout) => {
    if (error !== null) return reject(error);
    const [, text = "", status, type = ""] = /^(.*)\n(\d+) (.*)$/s.exec(stdout) ?? [];
    resolve({ status: Number(status), type, json: JSON.parse(text) });
  });
  return promise;
}
