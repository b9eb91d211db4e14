import { expect, test } from "vitest";
import { story } from "./support/story.ts";

const manifest = (ref: string, version: string) => ({
  "pack.yaml": `ref: ${ref}\nlabel: A pack\nversion: "${version}"\n`,
});

test("packsync search finds packs of all configured registries, and says what of them is installed", () => {
  using it = story({ packs: { aws: manifest("aws", "1.0.0") }, volume: { theirs: manifest("theirs", "2.0.0") } });
  it.once();
  const entry = (ref: string, version: string, description: string) => ({
    ref,
    version,
    label: `The ${ref}`,
    description,
  });
  const packs = [
    entry("aws", "1.10.0", "For\u001b[31m the\ncloud"),
    entry("theirs", "2.0.0", "A cloud"),
    entry("zed", "1.0.0", "Clouds"),
  ];
  it.write("one.json", JSON.stringify({ packs }));
  it.write("two.json", JSON.stringify({ packs: [entry("aws", "9.0.0", "Cloud")] }));
  const [one, two] = [`file://${it.at("one.json")}`, `file://${it.at("two.json")}`];
  it.write("packsync.yaml", `install: {registries: [${two}, {url: ${one}, priority: 1}]}\n`);

  expect(it.packsync(["search", "cloud"])).toEqual({
    code: 0,
    stderr: "",
    stdout: [
      `aws  1.10.0  The aws  from ${one}  installed: 1.0.0, this is newer`,
      "  For\\u001b[31m the cloud",
      `aws  9.0.0  The aws  from ${two}  installed: 1.0.0, this is newer  another registry has it before`,
      "  Cloud",
      `theirs  2.0.0  The theirs  from ${one}  installed: 2.0.0`,
      "  A cloud",
      `zed  1.0.0  The zed  from ${one}`,
      "  Clouds",
      "4 packs in 2 registries",
      "",
    ].join("\n"),
  });
  const { code, stdout } = it.packsync(["search", "aws", "cloud", "--registry", two, "--format", "json"]);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    exitCode: 0,
    packs: [{ ref: "aws", version: "9.0.0", registry: two, shadowed: false, installed: "1.0.0", newer: true }],
    failed: [],
  });
});

test("it ends with 1 and a sentence where there is none, and where a registry cannot be read", () => {
  using it = story();
  it.write("one.json", JSON.stringify({ packs: [{ ref: "aws" }] }));
  const one = `file://${it.at("one.json")}`;
  const none = it.packsync(["search", "gcp", "x", "--registry", one]);
  expect(none).toEqual({ code: 1, stderr: "", stdout: `Expected a pack with \`gcp\` and \`x\`, got none in ${one}\n` });
  const broken = it.packsync(["search", "aws", "--registry", "file:///none.json", one]);
  expect(broken.code).toBe(1);
  expect(broken.stdout).toMatch(
    /^aws {2}aws {2}from .*\nfailed file:\/\/\/none.json: Expected to read .*\n1 pack in 2 registries\n$/,
  );
  expect(it.exists("volume")).toBe(false);
});

test("packsync download takes the registries and the cache that are configured", () => {
  using it = story({ packs: { demo: manifest("demo", "1.2.3") } });
  it.write(
    "one.json",
    JSON.stringify({
      packs: [
        {
          ref: "demo",
          version: "1.2.3",
          install_sources: [{ type: "archive", url: "http://127.0.0.1:1/x.tgz", checksum: `sha256:${"0".repeat(64)}` }],
        },
      ],
    }),
  );
  const said = (env: Readonly<Record<string, string>>) => it.packsync(["download", "demo"], { env }).stdout;
  const env = { PACKSYNC_INSTALL_REGISTRIES: `file://${it.at("one.json")}`, PACKSYNC_INSTALL_CACHE: it.at("kept") };
  expect(said(env)).toContain("Expected an https URL, got `http://127.0.0.1:1/x.tgz`");
  it.write(
    "packsync.yaml",
    `install:\n  registries: [{url: file://${it.at("one.json")}, allowHttp: true}]\n  cache: kept\n`,
  );
  expect(said({})).toContain("Expected `127.0.0.1` to have public addresses, got a private one");
  expect(said({ PACKSYNC_INSTALL_ALLOW_PRIVATE: "127.0.0.1:1" })).toMatch(
    /Expected an answer of http:\/\/127.0.0.1:1\/x.tgz, got/,
  );
  expect(it.packsync(["download", "./packs/demo", "--submodules", "some"]).code).toBe(2);
});
