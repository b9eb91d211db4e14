import { execFile } from "node:child_process";
import { symlinkSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { generateSource } from "oazapfts";
import { expect } from "vitest";
import { testWith } from "../support/requires.ts";
import { apiStand } from "./support/api-stand.ts";

const TOKEN = "all-scopes-0123456789abcdef";
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);

/**
 * What somebody writes against the generated client: every field that it reads is one of the description, or does not compile.
 * A version after the other is downloaded and registered; the first one comes back, and all leave.
 */
const PROGRAM = `
import * as api from "./client.ts";

const [url = "", token = "", registry = "", downloads = ""] = process.argv.slice(2);
api.defaults.baseUrl = url;
api.defaults.headers = { authorization: "Bearer " + token };
const seen: object[] = [];

async function install(source: string): Promise<void> {
  const packs = ["core", "git+" + registry + "/pack-aws.git" + source];
  const downloaded = dataOf(await api.downloadPacks({ packs, destination_dir: downloads })).data;
  const paths: string[] = downloaded.downloaded_packs.map(({ pack_path }) => pack_path);
  const commits: (string | null)[] = downloaded.downloaded_packs.map(({ git_commit }) => git_commit);
  const needs = dataOf(await api.getPackDependencies({ pack_paths: paths })).data;
  const registered = dataOf(await api.registerPacks({ pack_paths: paths, force: true })).data;
  seen.push({
    commits,
    needs: needs.dependencies.map(({ pack_ref, version_spec, required_by }) => [required_by, pack_ref, version_spec]),
    missing: needs.missing_dependencies.length,
    registered: registered.registered_packs.map(({ pack_ref, pack_version }) => pack_ref + " " + pack_version),
    failed: registered.summary.failure_count,
  });
}

async function versions(): Promise<void> {
  const { data, pagination } = dataOf(await api.listPacks());
  seen.push({ packs: data.map(({ ref, version }) => ref + " " + version), total: pagination.total_items });
}

await install("@v1.0.0");
await install("@next");
await versions();
const releases = dataOf(await api.listReleases("aws")).data;
seen.push(releases.map(({ version, state, origin }) => [version, state, origin]));
const back = dataOf(await api.rollbackPack("aws", { to: releases[1]?.release ?? "" })).data;
seen.push({ from: back.from === releases[0]?.release, version: back.version });
const pack = dataOf(await api.getPack("aws")).data;
seen.push({ version: pack.version, dependencies: pack.dependencies, components: pack.components.map(({ ref }) => ref) });
for (const ref of ["aws", "core"]) seen.push([ref, dataOf(await api.uninstallPack(ref)).data.outcome]);
await versions();
const gone = await api.getPack("aws");
if (gone.status === 404) seen.push({ code: gone.data.code, status: gone.data.status });
console.log(JSON.stringify(seen));

/** Never called: that the description has no \`any\`, and knows what is required. */
export function wrong(): void {
  // @ts-expect-error
  void api.downloadPacks({ packs: ["core"] });
  // @ts-expect-error
  void api.registerPacks({ pack_paths: "core" });
  // @ts-expect-error
  void api.getPack("core").then((answer) => answer.status === 200 && answer.data.data.colour);
}

function dataOf<Answer extends { readonly status: number; readonly data: unknown }>(answer: Answer) {
  if (answer.status !== 200) throw new Error(JSON.stringify(answer));
  return answer.data as Extract<Answer, { readonly status: 200 }>["data"];
}
`;

testWith(
  { tools: ["git"], timeout: 300_000 },
  "a client that is generated from the description compiles, and drives a session from the download to the removal",
  async () => {
    await using stand = await apiStand(TOKEN);
    const { it, url, web, aws } = stand;
    const headers = { authorization: `Bearer ${TOKEN}` };
    it.write("client", {
      "openapi.json": await (await fetch(`${url}/api/v1/openapi.json`, { headers })).text(),
      "session.ts": PROGRAM,
      "package.json": '{"type": "module"}',
      "tsconfig.json": JSON.stringify({ extends: `${ROOT}tsconfig.json`, ...OPTIONS }),
    });
    symlinkSync(`${ROOT}node_modules`, it.at("client/node_modules"));
    const at = { cwd: it.at("client"), env: { PATH: `${ROOT}node_modules/.bin:${process.env["PATH"]}` } };
    it.write("client/client.ts", await generateSource(it.at("client/openapi.json")));
    const compiled = await run("tsc", ["--noEmit", "-p", "."], at).catch(({ stdout }) => ({ stdout }));
    expect(compiled.stdout).toBe("");

    const args = ["session.ts", url, TOKEN, web.url, it.at("downloads")];
    const { stdout } = await run(process.execPath, args, { cwd: it.at("client") });
    const installed = (version: string, commit: string) => ({
      commits: [null, commit],
      needs: [["aws", "core", ">=1.0.0"]],
      missing: 0,
      registered: ["core 1.0.0", `aws ${version}`],
      failed: 0,
    });
    expect(JSON.parse(stdout)).toEqual([
      installed("1.0.0", aws.main),
      installed("2.0.0", aws.next),
      { packs: ["aws 2.0.0", "core 1.0.0"], total: 2 },
      [
        ["2.0.0", "live", "install"],
        ["1.0.0", "kept", "install"],
      ],
      { from: true, version: "1.0.0" },
      { version: "1.0.0", dependencies: ["core"], components: ["aws.echo"] },
      ["aws", "retired"],
      ["core", "retired"],
      { packs: [], total: 0 },
      { code: "NOT_FOUND", status: 404 },
    ]);
  },
);

/** The project's own options, but for one that the generator's runtime does not keep: its types say `body?: string | undefined`. */
const OPTIONS = { compilerOptions: { exactOptionalPropertyTypes: false }, include: ["*.ts"] };
