import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect } from "vitest";
import { tarGzOf } from "../support/archives.ts";
import { makeRepository } from "../support/git-server.ts";
import { testWith } from "../support/requires.ts";
import { manifest } from "./support/packs.ts";
import { story } from "./support/story.ts";

const run = promisify(execFile);
const PROGRAM = fileURLToPath(new URL("./programs/rebinding.ts", import.meta.url));
const PUBLIC = "93.184.216.34";

testWith(
  { tools: ["git", "ip", "unshare"], userNamespaces: true, timeout: 300_000 },
  "a name whose address was public a moment ago leads nowhere else: the connection goes to the address that was judged",
  async () => {
    using it = story();
    mkdirSync(it.at("repos/demo.git"), { recursive: true });
    makeRepository(it.at("repos/demo.git"), (version) =>
      it.write("repos/demo.git/pack.yaml", manifest("demo", version)),
    );
    it.write("resolv.conf", "nameserver 127.0.0.1\n");
    const network = [
      "ip link set lo up",
      `ip addr add ${PUBLIC}/32 dev lo`,
      `mount --bind '${it.at("resolv.conf")}' /etc/resolv.conf`,
      'exec "$@"',
    ].join(" && ");
    const archive = tarGzOf([{ name: "pack.yaml", content: manifest("fetched") }]).toString("base64");
    const sources = [
      "http://rebinding-archive.example/pack.tgz",
      "http://rebinding-git.example/demo.git",
      ...["mixed", "metadata", "private"].flatMap((name) => [
        `http://${name}.example/pack.tgz`,
        `http://${name}.example/demo.git`,
        `git://${name}.example/demo.git`,
        `ssh://git@${name}.example/demo.git`,
      ]),
    ];
    const args = ["--user", "--map-root-user", "--net", "--mount", "sh", "-c", network, "sh", process.execPath];
    const given = [PROGRAM, it.at("repos"), archive, it.at("into"), ...sources];
    const { stdout } = await run("unshare", [...args, ...given]);
    const { calls, queries, document } = JSON.parse(stdout);
    expect(document.downloaded_packs.map(({ pack_ref }: { pack_ref: string }) => pack_ref)).toEqual([
      "fetched",
      "demo",
    ]);
    expect([...new Set(calls)]).toEqual([PUBLIC]);
    expect(queries.filter((name: string) => name === "mixed.example").length).toBeGreaterThan(0);
    expect(document.failed_packs).toHaveLength(12);
    for (const { source, error } of document.failed_packs)
      expect(error, source).toMatch(/^Expected `\w+\.example` to have public addresses, got a private one/);
  },
);
