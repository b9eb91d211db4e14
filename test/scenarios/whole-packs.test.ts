import { describe, expect, test } from "vitest";
import { action, identity, manifest, pack, packs, script } from "./support/packs.ts";
import { type Story, story } from "./support/story.ts";
import { stampsOf } from "./support/tree.ts";

const rule = (trigger: string, act: string) => `ref: core.r\nlabel: R\ntrigger_ref: ${trigger}\naction_ref: ${act}\n`;
const trigger = (ref: string) => `ref: ${ref}\nlabel: ${ref}\n`;

/** `code file:line` of the findings of these groups about a pack. */
function findings(
  run: ReturnType<Story["once"]>,
  ref: string,
  groups = /^(action|reference|pack|binary|component\.dup)/,
): string[] {
  return run
    .pack(ref)
    .diagnostics.filter(({ code }) => groups.test(code))
    .map(({ code, file, line }) => `${code} ${file}:${line}`);
}

describe("a definition that is saved before its script", () => {
  test("rejects the pack before anything of it is staged, and goes live by itself when the script is saved", () => {
    using it = story({ packs: packs("core") });
    const first = it.once();
    const before = stampsOf(it.at("volume/core"));
    it.write("packs/core/actions", { "new.yaml": "name: new\nrunner_type: shell\nentry_point: new.sh\n" });
    const run = it.once();
    expect(run.code).toBe(1);
    expect(run.pack("core")).toMatchObject({ outcome: "rejected", release: first.pack("core").release });
    expect(findings(run, "core")).toEqual(["action.entrypoint_missing actions/new.yaml:3"]);
    expect(stampsOf(it.at("volume/core"))).toEqual(before);

    it.write("packs/core/actions", { "new.sh": script("echo new") });
    const healed = it.once();
    expect(healed.pack("core")).toMatchObject({ outcome: "published" });
    expect(findings(healed, "core")).toEqual([]);
    expect(it.tree("volume/core")).toEqual(it.tree("packs/core"));
  });

  test("says the same of it as long as nothing happens, and status says it, too", () => {
    using it = story({ packs: { core: pack("core", { rules: { "r.yaml": rule("core.tick", "core.echo") } }) } });
    const run = it.once();
    expect(findings(run, "core")).toEqual(["reference.missing_local_target rules/r.yaml:3"]);
    expect(it.once().pack("core")).toEqual(run.pack("core"));
    expect(it.packsync(["status"]).stdout).toContain("[reference.missing_local_target]");
    it.write("packs/core", { triggers: { "tick.yaml": trigger("core.tick") } });
    expect(it.once()).toMatchObject({ code: 0, outcomes: { core: "published" } });
  });
});

describe("one edited file", () => {
  test("is judged together with those that did not change, wherever the mistake is then", () => {
    using it = story({
      packs: {
        core: pack("core", {
          triggers: { "tick.yaml": trigger("core.tick") },
          rules: {
            "a.yaml": rule("core.tick", "core.echo"),
            "b.yaml": rule("core.tick", "core.echo").replace("core.r", "core.s"),
          },
        }),
      },
    });
    expect(it.once().code).toBe(0);
    it.write("packs/core/triggers/tick.yaml", trigger("core.tock"));
    const run = it.once();
    expect(findings(run, "core")).toEqual([
      "reference.missing_local_target rules/a.yaml:3",
      "reference.missing_local_target rules/b.yaml:3",
    ]);
    it.write("packs/core/rules/a.yaml", rule("core.tock", "core.echo"));
    expect(findings(it.once(), "core")).toEqual(["reference.missing_local_target rules/b.yaml:3"]);
    it.write("packs/core/triggers/tick.yaml", trigger("core.tick"));
    expect(findings(it.once(), "core")).toEqual(["reference.missing_local_target rules/a.yaml:3"]);
    it.remove("packs/core/rules/a.yaml");
    expect(it.once()).toMatchObject({ code: 0, outcomes: { core: "published" } });
  });

  test("in the manifest makes the same definitions another pack's", () => {
    const workflow = 'version: "1.0.0"\nlabel: W\ntasks:\n  - name: a\n    action: core.echo\n';
    const own = pack("core");
    const files = { ...own, actions: { ...Object(own["actions"]), workflows: { "w.workflow.yaml": workflow } } };
    using it = story({ packs: { core: files } });
    expect(it.once().code).toBe(0);
    it.write("packs/core", identity("other"));
    expect(findings(it.once(), "other", /^reference/)).toEqual([
      "reference.unknown actions/workflows/w.workflow.yaml:5",
    ]);
  });
});

describe("what is of another pack", () => {
  const files = { rules: { "r.yaml": rule("demo.tick", "demo.echo") } };

  test("only warns, in the report and in status, and heals when a source brings it", () => {
    using it = story({ packs: { core: pack("core", files) } });
    const run = it.once();
    expect(run).toMatchObject({ code: 0, outcomes: { core: "published" } });
    expect(findings(run, "core")).toEqual(["reference.unknown rules/r.yaml:3", "reference.unknown rules/r.yaml:4"]);
    expect(findings(it.once(), "core")).toEqual(findings(run, "core"));
    expect(it.packsync(["status"]).stdout).toContain("[reference.unknown]");

    it.write("packs", { demo: pack("demo", { triggers: { "tick.yaml": trigger("demo.tick") } }) });
    const healed = it.once();
    expect(healed.outcomes).toEqual({ core: "unchanged", demo: "published" });
    expect(findings(healed, "core")).toEqual([]);
    expect(it.packsync(["status"]).stdout).not.toContain("[reference.unknown]");

    it.write("packs/demo/triggers/tick.yaml", trigger("demo.tock"));
    expect(findings(it.once(), "core")).toEqual(["reference.unknown rules/r.yaml:3"]);
    it.remove("packs/demo");
    const gone = it.once();
    expect(gone.outcomes["demo"]).toBe("retired");
    expect(findings(gone, "core")).toEqual(["reference.unknown rules/r.yaml:3", "reference.unknown rules/r.yaml:4"]);
  });

  test("is found whichever of the two is looked at first", () => {
    using it = story({
      packs: {
        aaa: pack("aaa", { rules: { "r.yaml": rule("zzz.tick", "zzz.echo") } }),
        zzz: pack("zzz", {
          triggers: { "tick.yaml": trigger("zzz.tick") },
          rules: { "r.yaml": rule("zzz.tick", "aaa.echo") },
        }),
      },
    });
    const run = it.once();
    expect([...findings(run, "aaa"), ...findings(run, "zzz")]).toEqual([]);
  });

  test("is found in a pack that somebody else has in the volume, also when it comes later", () => {
    using it = story({ packs: { core: pack("core", files) } });
    expect(findings(it.once(), "core")).toHaveLength(2);
    it.write("volume", { demo: pack("demo", { triggers: { "any-name.yaml": trigger("demo.tick") } }) });
    const run = it.once();
    expect(run.pack("core").outcome).toBe("unchanged");
    expect(findings(run, "core")).toEqual([]);
  });

  test("is looked up among all packs, although only one is asked for", () => {
    using it = story({
      packs: { core: pack("core"), demo: pack("demo", { triggers: { "tick.yaml": trigger("demo.tick") } }) },
    });
    it.once();
    it.write("packs/core", files);
    expect(findings(it.once(["--only", "core"]), "core")).toEqual([]);
  });

  test("dependencies are packs, in versions that will do", () => {
    const about = `${manifest("core")}dependencies: ["demo@>=1.0.0", "demo@^2.0.0", absent]\n`;
    using it = story({ packs: { core: pack("core", { "pack.yaml": about }), demo: pack("demo") } });
    expect(findings(it.once(), "core")).toEqual([
      "pack.dependency_version pack.yaml:4",
      "pack.dependency_missing pack.yaml:4",
    ]);
    it.write("packs/demo/pack.yaml", manifest("demo", "2.0.0"));
    expect(findings(it.once(), "core")).toEqual(["pack.dependency_missing pack.yaml:4"]);
  });
});

describe("a native entry point", () => {
  const sensor = "ref: core.timer\nlabel: Timer\nrunner_type: native\nentry_point: timer\ntrigger_types: [core.tick]\n";

  test("that nobody built warns, until the volume has it", () => {
    using it = story({
      packs: {
        core: pack("core", { sensors: { "timer.yaml": sensor }, triggers: { "tick.yaml": trigger("core.tick") } }),
      },
    });
    const run = it.once();
    expect(run).toMatchObject({ code: 0, outcomes: { core: "published" } });
    expect(findings(run, "core")).toEqual(["binary.not_built sensors/timer.yaml:4"]);
    it.write("volume/core/sensors", { timer: script("echo built") });
    expect(findings(it.once(), "core")).toEqual([]);
  });
});

describe("a pack.yaml that cannot be read", () => {
  test("is the one finding: whose rules the definitions follow is not known", () => {
    const chain = "chain: [{name: a, ref: core.nope}]\n";
    using it = story({
      packs: {
        core: pack("core", { "pack.yaml": "ref: [\n", actions: { "a.yaml": action("a"), "chain.yaml": chain } }),
      },
    });
    expect(it.once().codes("core")).toEqual(["metadata.invalid_yaml"]);
    it.write("packs/core/pack.yaml", manifest("core"));
    expect(it.once().codes("core")).toContain("action.entrypoint_missing");
  });
});
