import { findingLines, plain } from "../../src/cli/text.ts";
import { type Preserved, preservedFinding } from "../../src/cycle/preserved.ts";
import type { PreserveReason } from "../../src/plan/preserve.ts";
import { type Combination, decide, PACK, PATH } from "./cases.ts";

interface Explanation {
  /** What it means, and when it is right as it is. */
  readonly prose: string;
  readonly example: Preserved;
}

const BASE = {
  mode: "static-elf",
  whose: "foreign",
  volume: "static",
  source: "static",
  changed: "nothing",
  wasReplaced: false,
} as const satisfies Combination;

const EXPLAINED: Readonly<Record<PreserveReason, Explanation>> = {
  "source-not-static": {
    prose:
      "The source's file is dynamic, a library, an object file, or not whole. It might not run where the volume's does, so it takes no static binary's place, and no binary's that is not packsync's.",
    example: example({ whose: "ours", source: "dynamic", changed: "source" }),
  },
  "source-other-arch": {
    prose:
      "The source's file is static, but for a machine that is not wanted. `arch` says which are; without it, the machine's own.",
    example: example({ source: "aarch64" }),
  },
  "source-not-a-binary": {
    prose: "The source has a script, a text, or whatever is no ELF file, where somebody put a binary into the volume.",
    example: example({ source: "script" }),
  },
  "first-contact": {
    prose:
      "Both are static and wanted. Which one is newer nobody can tell (time stamps do not count), so the volume keeps what runs there today. The author's next build goes live.",
    example: example({ changed: "first" }),
  },
  "source-unchanged": {
    prose: "The same at the next syncs, for as long as nobody builds the source's anew.",
    example: example({}),
  },
  "volume-changed": {
    prose:
      "Somebody put another build into the volume since the last sync: it counts as newer, also if the source's changed at the same time.",
    example: example({ changed: "volume" }),
  },
  "foreign-binary-in-the-way": {
    prose:
      "Source and volume disagree about what is a directory: a binary that is not packsync's stands where the source needs a directory, or in a directory where the source has a file.",
    example: { ...example({ source: "script" }), path: `${PATH}/run.sh`, why: "foreign-binary-in-the-way" },
  },
  "volume-always-wins": {
    prose: "The policy `always` holds for this file.",
    example: example({ mode: "always" }),
  },
};

/** A section for each reason: what it means, and how a run reports it. */
export function reasons(): string {
  return Object.entries(EXPLAINED)
    .map(([why, { prose, example }]) => {
      if (example.why !== why) throw new Error(`the example of ${why} is one of ${example.why}`);
      const finding = preservedFinding(example, { ref: PACK, arch: ["x86_64"], binary: PATH });
      return [`### ${why}`, prose, `\`\`\`\n${findingLines(PACK, finding, plain).join("\n")}\n\`\`\``].join("\n\n");
    })
    .join("\n\n");
}

function example(about: Partial<Combination>): Preserved {
  const change = decide({ ...BASE, ...about });
  if (change === "keep" || change.kind !== "preserve") throw new Error("the example is not preserved any more");
  return change;
}
