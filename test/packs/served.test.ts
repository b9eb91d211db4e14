import { execFile } from "node:child_process";
import { join } from "node:path";
import { expect } from "vitest";
import { pack } from "../scenarios/support/packs.ts";
import { type Served, served, TOKEN } from "../server/serving.ts";
import { testWith } from "../support/requires.ts";

const actions = join(import.meta.dirname, "../../packs/core/actions");

/** Runs an action of the core pack against the server; parameters as Attune's worker writes them. */
async function act({ url }: Served, name: string, params: Readonly<Record<string, unknown>>) {
  const quoted = (value: unknown) =>
    (typeof value === "string" ? value : JSON.stringify(value)).replaceAll("'", "'\\''");
  const all = { api_url: url, api_token: TOKEN, ...params };
  const stdin = Object.entries(all).map(([key, value]) => `${key}='${quoted(value)}'\n`);
  return await new Promise<{ readonly code: unknown; readonly result: unknown }>((resolve) => {
    const child = execFile(join(actions, `${name}.sh`), { timeout: 50_000 }, (error, stdout) =>
      resolve({ code: error === null ? 0 : error.code, result: JSON.parse(stdout) }),
    );
    child.stdin?.end(stdin.join(""));
  });
}

testWith({ tools: ["curl"] }, "the actions of the core pack install packs by packsync's own API", async () => {
  const manifest = 'ref: needy\nlabel: Needy\nversion: "1.0.0"\ndependencies: ["demo@>=1.0.0"]\n';
  await using it = await served({
    packs: { elsewhere: { demo: pack("demo"), needy: pack("needy", { "pack.yaml": manifest }), none: {} } },
    env: { RUNTIME_ENVS_DIR: "./envs" },
  });
  const sources = ["demo", "needy", "none"].map((name) => it.at(`packs/elsewhere/${name}`));
  const [demo, needy] = ["demo", "needy"].map((name) => it.at(`packs/got/${name}`));

  const downloads = await act(it, "download_packs", { packs: sources, destination_dir: it.at("packs/got") });
  expect(downloads).toMatchObject({
    code: 0,
    result: {
      downloaded_packs: [
        { source: sources[0], source_type: "local_directory", pack_path: demo, pack_ref: "demo" },
        { source: sources[1], pack_path: needy, pack_version: "1.0.0", git_commit: null },
      ],
      failed_packs: [{ source: sources[2] }],
      total_count: 3,
      success_count: 2,
      failure_count: 1,
    },
  });

  const need = { pack_ref: "demo", version_spec: ">=1.0.0", required_by: "needy" };
  const before = await act(it, "get_pack_dependencies", { pack_paths: [needy] });
  expect(before).toMatchObject({ code: 0, result: { missing_dependencies: [{ ...need, already_installed: false }] } });

  const bad = { pack_path: it.at("packs/got/none"), runtime: "unknown", error: expect.any(String) };
  const built = await act(it, "build_pack_envs", { pack_paths: [demo, bad.pack_path], timeout: 60 });
  expect(built).toMatchObject({
    code: 0,
    result: { failed_environments: [bad], summary: { total_packs: 2, success_count: 1, failure_count: 1 } },
  });

  const registered = await act(it, "register_packs", { pack_paths: [demo], skip_tests: true });
  expect(registered).toMatchObject({
    code: 0,
    result: {
      registered_packs: [
        { pack_ref: "demo", storage_path: it.at("volume/demo"), components_registered: { actions: 1 } },
      ],
      failed_packs: [],
      summary: { success_count: 1, failure_count: 0 },
    },
  });
  const after = await act(it, "get_pack_dependencies", { pack_paths: [needy] });
  expect(after).toMatchObject({ code: 0, result: { dependencies: [{ ...need, already_installed: true }] } });

  const again = await act(it, "register_packs", { pack_paths: [demo] });
  expect(again).toMatchObject({ code: 0, result: { registered_packs: [], failed_packs: [{ pack_path: demo }] } });
  expect(it.errors).toEqual([]);
});

testWith({ tools: ["curl"] }, "what the API refuses is a failure that says why", async () => {
  await using it = await served();
  const failed = (error: RegExp) => ({ code: 1, result: { failed_packs: [{ error: expect.stringMatching(error) }] } });
  const destination_dir = it.at("packs/got");
  const wrong = await act(it, "download_packs", { packs: [], destination_dir, api_token: "another-token-0123456789" });
  expect(wrong).toMatchObject(failed(/^the server answered 401: ./));
  const outside = await act(it, "download_packs", { packs: ["core"], destination_dir: '/etc/"x"\n\\' });
  expect(outside).toMatchObject(failed(/^the server answered 4\d\d: .*destination_dir/));
  const tooLong = await act(it, "download_packs", { packs: Array(20_000).fill("x".repeat(600)), destination_dir });
  expect(tooLong).toMatchObject(failed(/^the server answered 413: ./));
});
