import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { pack } from "./support/packs.ts";
import { type Story, story } from "./support/story.ts";

/**
 * Somebody changes `a`, then `z`, again and again, with a rest now and then: each is one step behind the other at most.
 * Between the two lie so many files that reading them all takes longer than several steps. A step is longer than a tick
 * of any kernel's clock.
 */
const FILES_BETWEEN = 250;

/** `step <file> <generation>` is what each writer does in its own way. */
function endless(step: string): string {
  const burst = "for n in 1 2 3 4 5 6 7 8 9 10; do for f in a z; do step $f $i; sleep 0.005; done; i=$((i+1)); done";
  return `cd "$1"; step() { ${step}; }; i=1; while :; do ${burst}; sleep 0.3; done`;
}

const WRITERS = [
  { title: "are overwritten in place", step: 'printf %08d "$2" 1<>"$1"' },
  { title: "vanish and come back", step: 'rm -f "$1"; printf %08d "$2" >.next; mv .next "$1"' },
];

describe("while files of a source change, what is published is one moment of it, or the pack is busy:", () => {
  test.for(WRITERS)("files that $title", { timeout: 180_000 }, async ({ step }) => {
    const between = Object.fromEntries(Array.from({ length: FILES_BETWEEN }, (_, index) => [`m${index}`, "x"]));
    using it = story({
      packs: { core: pack("core", { a: "00000000", between, z: "00000000", ".packignore": ".next" }) },
    });
    it.once();
    const writer = spawn("sh", ["-c", endless(step), "sh", it.at("packs/core")], { stdio: "ignore" });
    try {
      for (let run = 0; run < 4; run++) expectOneMoment(it);
    } finally {
      writer.kill("SIGKILL");
      await once(writer, "exit");
    }
    it.write("packs/core", { a: "last", z: "last" });
    expect(it.once()).toMatchObject({ code: 0, outcomes: { core: "published" } });
    expect(it.tree("volume/core")).toEqual(published(it));
    expect(it.once().outcomes).toEqual({ core: "unchanged" });
  });
});

function expectOneMoment(it: Story): void {
  it.remove("volume"); // so that everything is read
  const { outcome, diagnostics } = it.once().pack("core");
  if (outcome === "failed") expect(diagnostics).toMatchObject([{ code: "pack.busy", hint: expect.any(String) }]);
  else expect(outcome).toBe("published");
  if (!it.exists("volume/core")) return;
  const [a, z] = ["a", "z"].map((path) =>
    it.exists(`volume/core/${path}`) ? Number(it.read(`volume/core/${path}`)) : undefined,
  );
  if (a === undefined || z === undefined) expect(a ?? z, "one of them is always there").toBeDefined();
  else expect([0, 1], `a: ${a}, z: ${z}`).toContain(a - z);
}

function published(it: Story): Record<string, string> {
  const { ".packignore": _, ".next": __, ...tree } = it.tree("packs/core");
  return tree;
}
