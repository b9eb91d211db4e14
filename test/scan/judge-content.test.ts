import { rmSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { MANIFEST, pack, type Scanned, scan } from "../support/scanner.ts";
import { brief } from "../support/whole-pack.ts";

const FILES = {
  "pack.yaml": MANIFEST,
  "actions/run.yaml": "ref: mypack.run\nlabel: Run\nrunner_type: shell\nentry_point: run.sh\n",
  "actions/run.sh": { script: "#!/bin/sh\r\n" },
  "triggers/tick.yaml": "ref: mypack.tick\nlabel: Tick\n",
  "rules/r.yaml": "ref: mypack.r\nlabel: R\ntrigger_ref: mypack.tick\naction_ref: mypack.run\n",
};

/** Findings across files. */
function across({ diagnostics }: Scanned): string[] {
  const groups = /^(action\.entrypoint|component\.dup|reference|script\.(?!not_exec)|binary)/;
  return diagnostics.filter(({ code }) => groups.test(code)).map(brief);
}

const CRLF = "warning script.crlf_shebang actions/run.sh";

describe("what is wrong across files is found anew with each scan", () => {
  test("of scripts and definitions that were not read again", async () => {
    using own = pack(FILES);
    const first = await scan(own.at);
    expect(across(first)).toEqual([CRLF]);
    writeFileSync(`${own.root}/lib.txt`, "x");
    expect(across(await scan(own.at, first))).toEqual([CRLF]);
  });

  test("and is gone when the other file is mended", async () => {
    using own = pack(FILES);
    rmSync(`${own.root}/triggers/tick.yaml`);
    const first = await scan(own.at);
    expect(across(first)).toEqual([CRLF, "error reference.missing_local_target rules/r.yaml"]);
    writeFileSync(`${own.root}/triggers/tick.yaml`, FILES["triggers/tick.yaml"]);
    writeFileSync(`${own.root}/actions/run.sh`, "#!/bin/sh\n");
    expect(across(await scan(own.at, first))).toEqual([]);
  });
});

describe("what was found in a file is not believed any more", () => {
  const TRUSTED = { definitions: new Map(), scripts: new Map() };

  test.for([
    { title: "when nothing is known of it", change: () => ({ facts: undefined }) },
    {
      title: "under another ref",
      change: () => ({ facts: { ...TRUSTED, dialect: "attune", pack: "other" } as const }),
    },
    {
      title: "by another packsync, or under other limits",
      change: ({ known, facts }: Scanned) => {
        const names = known.fingerprint?.names.replace(/^[^ ]+/, "0.0.0") ?? "";
        const fingerprint = known.fingerprint && { ...known.fingerprint, names };
        return { facts: facts && { ...facts, ...TRUSTED }, known: { ...known, fingerprint } };
      },
    },
  ])("$title", async ({ change }) => {
    using own = pack(FILES);
    const first = await scan(own.at);
    const again = await scan(own.at, { ...first, ...change(first) });
    expect(across(again)).toEqual(across(first));
    expect(again.facts).toEqual(first.facts);
    expect(again.identity).toEqual(first.identity);
  });

  test("under another dialect", async () => {
    using own = pack(FILES);
    const first = await scan(own.at);
    const stackstorm = "ref: mypack\nname: mypack\ndescription: x\nversion: 1.2.3\nauthor: x\n";
    writeFileSync(`${own.root}/pack.yaml`, stackstorm);
    const again = await scan(own.at, first);
    expect(again.facts).toMatchObject({ dialect: "stackstorm", pack: "mypack" });
    expect(again.facts?.definitions.get("rules/r.yaml")).toMatchObject({ kind: "rule", defines: [], links: [] });
  });

  test("but otherwise it is: the facts of files that did not change are those of the last scan", async () => {
    using own = pack(FILES);
    const first = await scan(own.at);
    const known = { ...first, facts: first.facts && { ...first.facts, scripts: new Map() } };
    expect(across(await scan(own.at, known))).toEqual([]);
  });
});

test("a mistake in the manifest is said once, and does not hide what is wrong in other files", async () => {
  using own = pack({ ...FILES, "pack.yaml": "ref: mypack\nlabel: My pack\nversion: 1.0\n", "rules/r.yaml": "a: [\n" });
  const { diagnostics } = await scan(own.at);
  const errors = diagnostics.filter(({ severity }) => severity === "error").map(brief);
  expect(errors).toEqual(["error manifest.invalid_version pack.yaml", "error metadata.invalid_yaml rules/r.yaml"]);
});

test("an entry point that may not be published is one finding", async () => {
  using own = pack({ ...FILES, "actions/run.sh": { link: "/etc/hostname" } });
  const { diagnostics } = await scan(own.at);
  expect(diagnostics.filter(({ severity }) => severity === "error").map(brief)).toEqual([
    "error source.escaping_symlink actions/run.sh",
  ]);
});
