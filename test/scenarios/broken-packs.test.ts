import { describe, expect, test } from "vitest";
import { action, brokenYaml, manifest, pack, packs } from "./support/packs.ts";
import { story } from "./support/story.ts";
import { stampsOf } from "./support/tree.ts";

describe("a broken pack beside good ones", () => {
  test.for([
    {
      title: "an action whose YAML does not parse",
      path: "actions/echo.yaml",
      content: brokenYaml,
      code: /^metadata\.invalid_yaml$/,
    },
    {
      title: "a pack.yaml that does not parse",
      path: "pack.yaml",
      content: "ref: core\nversion: [\n",
      code: /^metadata\.invalid_yaml$/,
    },
    { title: "an empty pack.yaml", path: "pack.yaml", content: "", code: /^(manifest|metadata)\./ },
    { title: "a pack.yaml that is a list", path: "pack.yaml", content: "- ref\n", code: /^manifest\.not_object$/ },
    { title: "a typo in the ref", path: "pack.yaml", content: manifest("Core!"), code: /^manifest\.invalid_ref$/ },
    {
      title: "a typo in the key",
      path: "pack.yaml",
      content: "reff: core\nlabel: x\nversion: 1.0.0\n",
      code: /^metadata\.missing_field$/,
    },
    {
      title: "a version that is none",
      path: "pack.yaml",
      content: manifest("core", "one"),
      code: /^manifest\.invalid_version$/,
    },
    {
      title: "a version that YAML takes for a number",
      path: "pack.yaml",
      content: "ref: core\nlabel: x\nversion: 1.1\n",
      code: /^manifest\.invalid_version$/,
    },
    {
      title: "a ref that leads out of the volume",
      path: "pack.yaml",
      content: manifest("../../etc"),
      code: /^manifest\.invalid_ref$/,
    },
  ])("$title: its last good release stays, the others are published, exit 1", ({ path, content, code }) => {
    using it = story({ packs: packs("core", "deploy") });
    const first = it.once();
    const before = stampsOf(it.at("volume/core"));
    it.write(`packs/core/${path}`, content);
    it.write("packs/deploy/README.md", "new");
    const run = it.once();
    expect(run.code).toBe(1);
    expect(run.outcomes).toEqual({ core: "rejected", deploy: "published" });
    expect(run.pack("core").release).toBe(first.pack("core").release);
    expect(run.pack("core").diagnostics).toContainEqual(
      expect.objectContaining({
        severity: "error",
        code: expect.stringMatching(code),
        file: path,
        message: expect.any(String),
      }),
    );
    expect(stampsOf(it.at("volume/core"))).toEqual(before);
    expect(it.tree("volume/deploy")).toEqual(it.tree("packs/deploy"));
  });

  test("says in text where it is broken and what to do", () => {
    using it = story({
      packs: { core: pack("core"), deploy: { "pack.yaml": "ref: deploy\nlabel: x\nversion: 1.1\n" } },
    });
    const { code, stdout } = it.packsync(["--once"]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/deploy.*rejected/);
    expect(stdout).toMatch(/deploy\/pack\.yaml:3/);
    expect(stdout).toContain('Quote and complete it, e.g. `version: "1.1.0"`.');
  });

  test("is rejected again with the same findings while nobody mends it, and is live when somebody did", () => {
    using it = story({ packs: packs("core", "deploy") });
    it.once();
    it.write("packs/core/actions/echo.yaml", brokenYaml);
    const broken = it.once();
    const again = it.once();
    expect(again.code).toBe(1);
    expect(again.pack("core")).toEqual(broken.pack("core"));
    it.write("packs/core/actions/echo.yaml", action("mended"));
    const mended = it.once();
    expect(mended.code).toBe(0);
    expect(mended.pack("core")).toMatchObject({ outcome: "published", diagnostics: [] });
    expect(it.tree("volume/core")).toEqual(it.tree("packs/core"));
  });

  test("is unchanged when the edit is taken back", () => {
    using it = story({ packs: packs("core") });
    it.once();
    const before = stampsOf(it.at("volume/core"));
    it.write("packs/core/actions/echo.yaml", brokenYaml);
    it.once();
    it.write("packs/core/actions/echo.yaml", action("echo"));
    const run = it.once();
    expect(run.code).toBe(0);
    expect(run.pack("core")).toMatchObject({ outcome: "unchanged", diagnostics: [] });
    expect(stampsOf(it.at("volume/core"))).toEqual(before);
  });

  test("reports every broken file at once", () => {
    using it = story({ packs: { core: pack("core", { rules: { "a.yaml": brokenYaml, "b.yaml": "\tx: 1\n" } }) } });
    const files = it
      .once()
      .pack("core")
      .diagnostics.map(({ file }) => file);
    expect(files).toEqual(expect.arrayContaining(["rules/a.yaml", "rules/b.yaml"]));
  });

  test("keeps all its findings when one of two broken files is mended", () => {
    using it = story({ packs: { core: pack("core", { rules: { "a.yaml": brokenYaml, "b.yaml": brokenYaml } }) } });
    it.once();
    it.write("packs/core/rules/b.yaml", "ref: core.b\ntrigger_ref: other.x\naction_ref: core.echo\n");
    const run = it.once();
    expect(run.code).toBe(1);
    const errors = run.pack("core").diagnostics.filter(({ severity }) => severity === "error");
    expect(errors.map(({ file }) => file)).toEqual(["rules/a.yaml"]);
  });

  test("that was never good is not in the volume, and exit 1 says so", () => {
    using it = story({ packs: { core: pack("core"), deploy: pack("deploy", { actions: { "a.yaml": brokenYaml } }) } });
    const run = it.once();
    expect(run.code).toBe(1);
    expect(run.pack("deploy")).toMatchObject({ outcome: "rejected" });
    expect(run.pack("deploy").release).toBeUndefined();
    expect(it.exists("volume/deploy")).toBe(false);
  });

  test("in packs.dev is loud, and exit 0", () => {
    using it = story({ packs: packs("core"), "packs.dev": packs("mine") });
    it.once();
    it.write("packs.dev/mine/actions/echo.yaml", brokenYaml);
    const run = it.once();
    expect(run.code).toBe(0);
    expect(run.outcomes).toEqual({ core: "unchanged", mine: "rejected" });
    expect(it.read("volume/mine/actions/echo.yaml")).toBe(action("echo", "mine"));
  });

  test("with pack.yaml gone keeps its release: nothing of it is retired", () => {
    using it = story({ packs: packs("core", "deploy") });
    it.once();
    it.remove("packs/deploy/pack.yaml");
    const run = it.once();
    expect(run.code).toBe(1);
    expect(run.pack("deploy").outcome).toBe("rejected");
    expect(it.read("volume/deploy/pack.yaml")).toBe(manifest("deploy"));
    it.remove("packs/deploy");
    expect(it.once().outcomes["deploy"]).toBe("retired");
  });
});

describe("limits", () => {
  test("a file beyond one rejects its pack, and packsync.yaml raises it", () => {
    using it = story({ packs: { core: pack("core", { big: "x".repeat(2048) }), deploy: pack("deploy") } });
    it.write("packsync.yaml", "limits:\n  maxFileSize: 1024\n");
    const run = it.once();
    expect(run.code).toBe(1);
    expect(run.outcomes).toEqual({ core: "rejected", deploy: "published" });
    expect(run.codes("core")).toEqual(["limits.file_size"]);
    it.write("packsync.yaml", "limits:\n  maxFileSize: 4096\n");
    expect(it.once().outcomes).toEqual({ core: "published", deploy: "unchanged" });
  });
});
