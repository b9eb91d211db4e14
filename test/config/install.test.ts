import { describe, expect, test } from "vitest";
import { renderConfig } from "../../src/cli/config-command.ts";
import { failure, load } from "./scratch.ts";

const yaml = `\
install:
  registries:
    - https://one.example/index.json
    - {url: "http://me:hidden@two.example/index.json?key=hidden", priority: 10, allowHttp: true, headers: {Authorization: Bearer hidden}}
  allowPrivate: [two.example, "10.0.0.7:8080"]
  cache: kept
  cacheBytes: 10MiB
  submodules: fetch
`;
const files = { "packsync.yaml": yaml };

describe("what is installed from where", () => {
  test("by a file", async () => {
    const { config } = await load({ files: { "etc/my.yaml": yaml }, flags: { config: "etc/my.yaml" } });
    expect(config.install).toEqual({
      registries: [
        "https://one.example/index.json",
        {
          url: "http://me:hidden@two.example/index.json?key=hidden",
          priority: 10,
          allowHttp: true,
          headers: { Authorization: "Bearer hidden" },
        },
      ],
      allowPrivate: ["two.example", "10.0.0.7:8080"],
      cache: "etc/kept",
      cacheBytes: 10 * 2 ** 20,
      submodules: "fetch",
    });
  });

  test("by variables, which go before the file", async () => {
    const env = {
      PACKSYNC_INSTALL_REGISTRIES: "https://a.example/index.json, file:///srv/index.json",
      PACKSYNC_INSTALL_ALLOW_PRIVATE: "*",
      PACKSYNC_INSTALL_CACHE_BYTES: "0",
      PACKSYNC_INSTALL_SUBMODULES: "refuse",
    };
    const { config, origins } = await load({ env, files });
    expect(config.install).toEqual({
      registries: ["https://a.example/index.json", "file:///srv/index.json"],
      allowPrivate: ["*"],
      cache: "kept",
      cacheBytes: 0,
      submodules: "refuse",
    });
    expect(origins.get("install.registries")).toEqual({ from: "environment", name: "PACKSYNC_INSTALL_REGISTRIES" });
  });

  test("credentials and headers are never shown, and what is shown without any gives the same again", async () => {
    for (const format of ["text", "json"] as const) {
      const shown = renderConfig(await load({ files }), { explain: true, format });
      expect(shown).not.toMatch(/hidden/);
      expect(shown).toMatch(/http:\/\/two\.example\/index\.json\?…/);
      expect(shown).toMatch(/Authorization"?: "\*\*\*"/);
    }
    const open = {
      "packsync.yaml": "install: {registries: [https://a.example/i.json, {url: file:///i, priority: 1}]}",
    };
    const first = await load({ files: open });
    const again = renderConfig(first, { explain: false, format: "text" });
    expect((await load({ files: { "packsync.yaml": again } })).config.install).toEqual(first.config.install);
    expect(renderConfig(await load({ files }), { explain: false, format: "text" })).toMatch(/^ {2}# registries: /m);
  });

  test("an empty list of registries is none", async () => {
    const { config } = await load({ files: { "packsync.yaml": "install: {registries: []}" } });
    expect(config.install.registries).toEqual([]);
  });
});

test.for([
  { registries: "ftp://me:hidden@x.example", says: "`install.registries` to be URLs of indexes" },
  { registries: "[https://]", says: "`install.registries` to be URLs of indexes" },
  { registries: "[{priority: 1}]", says: "`install.registries.url` to be URLs of indexes" },
  {
    registries: "[{url: https://x.example, headers: {a: [hidden]}}]",
    says: "headers.a` to be a mapping of names to texts",
  },
  { registries: '[{url: https://x.example, headers: {a: "hidden\\nb: c"}}]', says: "headers.a` to be a mapping" },
  { registries: "[{url: https://x.example, priority: high}]", says: "priority` to be a whole number" },
])("$registries is refused, and not repeated", async ({ registries, says }) => {
  const error = await failure({ files: { "packsync.yaml": `install:\n  registries: ${registries}\n` } });
  expect(error).toMatchObject({ code: "CONFIG_INVALID", position: { line: 2 } });
  expect(error.message).toContain(says);
  expect(`${error.message} ${error.hint}`).not.toMatch(/hidden/);
});

test("of a key that nobody knows the right one is said", async () => {
  const error = await failure({
    files: { "packsync.yaml": "install:\n  registries: [{url: https://x.example, header: {}}]\n" },
  });
  expect(error.hint).toBe("Did you mean `headers`?");
});
