import { describe, expect, test } from "vitest";
import { type Preserved, preservedFinding } from "../../src/cycle/preserved.ts";
import type { ElfInfo } from "../../src/pack/elf.ts";
import { preserveOverride } from "../../src/plan/preserve.ts";
import { elfInfo, entry, liveFile } from "../support/entries.ts";

const LOADER = "/lib64/ld-linux-x86-64.so.2";

function finding(about: Partial<Preserved>, at: { readonly binary?: string; readonly arch?: readonly string[] } = {}) {
  const { binary = "sensors/timer", arch = ["x86_64"] } = at;
  const prev = liveFile("sensors/timer", "static-elf theirs", "foreign");
  const next = entry("static-elf new");
  const change: Preserved = { kind: "preserve", path: "sensors/timer", why: "first-contact", prev, next, ...about };
  return preservedFinding(change, { ref: "core", arch, binary });
}

/** The source's file, of this kind. */
function build(elf: Partial<ElfInfo>) {
  return { ...entry("new"), elf: elfInfo({ static: false, ...elf }) };
}

test("tells the author of a newer dynamic build what it is, what stays, and what to do", () => {
  const next = build({ interpreter: LOADER, needed: ["libssl.so.3", "libc.so.6"], glibc: "2.34" });
  expect(finding({ why: "source-not-static", next, prev: liveFile("sensors/timer", "static-elf", "ours") })).toEqual({
    severity: "warning",
    code: "volume.preserved",
    file: "sensors/timer",
    message:
      "`sensors/timer` is dynamic (needs `/lib64/ld-linux-x86-64.so.2`, `libssl.so.3`, `libc.so.6`, glibc 2.34) in the source: " +
      "the volume keeps the one that packsync published, static for `x86_64`",
    hint:
      "Build it static (`-static`; Go: `CGO_ENABLED=0`; Rust: a musl target). " +
      'Or let the source win for this file: `"core/sensors/timer": off` below `preserve.files` in packsync.yaml.',
  });
});

const theirs = "the volume keeps its own, which is not packsync's";

test.for<{ title: string; change: Partial<Preserved>; message: string; todo: string; severity?: string }>([
  {
    title: "a dynamic build that needs many libraries",
    change: { why: "source-not-static", next: build({ needed: ["a.so", "b.so", "c.so", "d.so", "e.so"] }) },
    message: `is dynamic (needs \`a.so\`, \`b.so\`, \`c.so\`, 2 more libraries) in the source: ${theirs}, static for \`x86_64\``,
    todo: "Build it static",
    severity: "warning",
  },
  {
    title: "a library over a static binary",
    change: { why: "source-not-static", next: build({ type: "shared-object" }) },
    message: `is a shared library in the source: ${theirs}, static for \`x86_64\``,
    todo: "If the source's is meant to go live, remove the volume's file.",
    severity: "warning",
  },
  {
    title: "an object file",
    change: { why: "source-not-static", next: build({ type: "object" }) },
    message: "is an object file in the source",
    todo: "remove the volume's file",
    severity: "warning",
  },
  {
    title: "a core dump",
    change: { why: "source-not-static", next: build({ type: "core" }) },
    message: "is a core dump in the source",
    todo: "remove the volume's file",
    severity: "warning",
  },
  {
    title: "a few bytes of a binary",
    change: { why: "source-not-static", next: build({ type: "other", truncated: true }) },
    message: "is a binary that is cut short in the source",
    todo: "Build it, or copy it, again.",
    severity: "warning",
  },
  {
    title: "another architecture",
    change: { why: "source-other-arch", next: build({ static: true, machine: "aarch64" }) },
    message: `is static for \`aarch64\` in the source, wanted is \`x86_64\`: ${theirs}, static for \`x86_64\``,
    todo: "Build it for `x86_64`, or add `aarch64` to `arch`.",
    severity: "warning",
  },
  {
    title: "a script over somebody's library",
    change: {
      why: "source-not-a-binary",
      next: entry("#!/bin/sh"),
      prev: { ...liveFile("f", "dynamic-elf", "foreign"), elf: elfInfo({ static: false, type: "shared-object" }) },
    },
    message: `is no binary in the source: ${theirs}, a shared library`,
    todo: "remove the volume's file",
  },
  {
    title: "the first contact",
    change: { why: "first-contact" },
    message: `is a static binary on both sides, seen for the first time: ${theirs}`,
    todo: "The source's goes live with its next build.",
  },
  {
    title: "a source that did not change",
    change: { why: "source-unchanged" },
    message: `is the same in the source as at the last sync: ${theirs}`,
    todo: "The source's goes live with its next build.",
  },
  {
    title: "a volume that changed",
    change: { why: "volume-changed" },
    message: `has become another static binary in the volume since the last sync: ${theirs}`,
    todo: "The source's goes live with its next build.",
  },
  {
    title: "a policy",
    change: { why: "volume-always-wins", prev: liveFile("f", "static-elf", "ours") },
    message:
      "is static for `x86_64` in the source: the volume keeps the one that packsync published, because `preserve` is `always` for it",
    todo: "remove the volume's file",
  },
])("says why and what to do: $title", ({ change, message, todo, severity = "hint" }) => {
  const { message: said, hint, ...rest } = finding(change);
  expect(rest).toEqual({ severity, code: "volume.preserved", file: "sensors/timer" });
  expect(said).toContain(`\`sensors/timer\` ${message}`);
  expect(hint).toContain(todo);
  expect(hint).toContain('`"core/sensors/timer": off` below `preserve.files`');
});

test("names all architectures that are wanted", () => {
  const next = build({ static: true, machine: "riscv64" });
  const { message, hint } = finding({ why: "source-other-arch", next }, { arch: ["x86_64", "aarch64"] });
  expect(message).toContain("wanted is `x86_64` or `aarch64`");
  expect(hint).toContain("Build it for `x86_64` or `aarch64`, or add `riscv64` to `arch`.");
});

test("names the binary that stands in the way, for which the override is", () => {
  const { message, hint, file, severity } = finding(
    { why: "foreign-binary-in-the-way", path: "bin/a.sh", next: entry("text") },
    { binary: "bin" },
  );
  expect({ message, file, severity }).toEqual({
    message: "`bin/a.sh` is not published: `bin`, a binary that is not packsync's, stands in its way",
    file: "bin/a.sh",
    severity: "warning",
  });
  expect(hint).toContain('`"core/bin": off`');
});

describe("the override that is offered", () => {
  test.for(["sensors/timer", "a*b", "a[1]/b?", "a\\b", "a b", "#a", "!a", 'a"b'])("matches just %s", (path) => {
    const { hint = "" } = finding({}, { binary: path });
    const [, quoted = ""] = /`(".*"): off`/.exec(hint) ?? [];
    const { matches } = preserveOverride(JSON.parse(quoted), "off");
    expect(matches(`core/${path}`)).toBe(true);
    expect(["core/axb", "core/a1/bx", "core/sensors/timer2"].filter(matches)).toEqual([]);
  });
});

test("cannot be made to forge a line by names of files and libraries", () => {
  const next = build({ interpreter: "/lib\nerror:", needed: ["a\u001b[31m"] });
  const { message, hint, file } = finding({ why: "source-not-static", path: "x\ny", next }, { binary: "x\ny" });
  expect(`${message}${hint}${file}`).not.toMatch(/\p{Cc}/u);
});
