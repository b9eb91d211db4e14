import { execFile, execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { pack } from "../scenarios/support/packs.ts";
import { makeRepository } from "../support/git-server.ts";
import { describeWith } from "../support/requires.ts";
import { served, TOKEN } from "./serving.ts";

const page = readFileSync(new URL("../../docs/api.md", import.meta.url), "utf8");

describeWith({ tools: ["curl", "git"] }, "docs/api.md", () => {
  test("has a request that curl sends word by word, and an answer of the shape that comes", async () => {
    const [, command = "", answer = ""] =
      /```sh\n(curl [^`]+)```\n\nanswers\n\n```json\n([^`]+`[^`]+`[^`]+)```/.exec(page) ?? [];
    await using it = await served({ server: { roots: ["."] } });
    it.write("repository", pack("core"));
    const { main } = makeRepository(it.at("repository"), (version) => it.write("repository/VERSION", version));
    const source = { type: "git", url: `file://${it.at("repository")}/.git`, ref: main };
    it.write(
      "registry.json",
      JSON.stringify({ packs: [{ ref: "core", version: "1.0.0", install_sources: [source] }] }),
    );
    const here = command
      .replaceAll("http://localhost:8080", it.url)
      .replaceAll("/tmp/pack-downloads", it.at("downloads"));
    const env = { PATH: process.env["PATH"], PACKSYNC_API_TOKEN: TOKEN };
    const { stdout } = await promisify(execFile)("sh", ["-c", here.replace("curl ", "curl -sS ")], { env });
    const [came, written] = [JSON.parse(stdout), JSON.parse(answer)];
    expect(came.data, stdout).toMatchObject({ success_count: 1, failure_count: 1, total_count: 2 });
    expect(shapeOf(came)).toEqual(shapeOf(written));
    expect(came.data.downloaded_packs[0]).toMatchObject({
      source: "core",
      source_type: "registry",
      pack_ref: "core",
      git_commit: main,
    });
    expect(execFileSync("ls", [it.at("downloads")], { encoding: "utf8" })).toBe("core\n");
  });

  test("has a failure of the shape that comes", async () => {
    const [, written = ""] = /## Errors\n\n```json\n(.*?)\n```/s.exec(page) ?? [];
    await using it = await served();
    const { json } = await it.send("POST", "/api/v1/packs/download", {
      packs: ["core", 3],
      destination_dir: "/tmp/packs",
    });
    expect(json).toEqual(JSON.parse(written));
  });
});

/** Only the names of what may be one thing or another are compared. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf);
  if (typeof value !== "object" || value === null) return "value";
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, shapeOf(each)]));
}
