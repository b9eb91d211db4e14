import type { Rule } from "./route.ts";

/** Which services a change concerns, where nobody says otherwise. */
export const presetNames = ["attune", "attune-restart", "stackstorm", "none"] as const;
export type PresetName = (typeof presetNames)[number];

/** The workers that run what is for one runtime. */
const WORKERS = ["worker-{runner}", "worker-full"];

/** What the platform's documents tell people to do by hand. */
const ATTUNE_RESTART: readonly Rule[] = [
  { when: { meaning: ["docs"] }, do: [] },
  { when: { meaning: ["metadata", "config"] }, do: ["api", "executor*", "worker-*"] },
  { when: { meaning: ["script", "dependencies"] }, do: WORKERS },
  { when: { meaning: ["sensor", "binary"] }, do: ["sensor*"] },
];

/** The database is told; a restart only reaches what registering cannot. Workers read scripts with each execution. */
const ATTUNE_REGISTER: readonly Rule[] = [
  { when: { meaning: ["docs", "script"] }, do: [] },
  { when: { meaning: ["metadata", "config"] }, do: ["register"] },
  { when: { meaning: ["sensor"], component: ["sensor"] }, do: ["register", "sensor*"] },
  { when: { meaning: ["sensor", "binary"] }, do: ["sensor*"] },
  { when: { meaning: ["dependencies"] }, do: WORKERS },
];

const STACKSTORM: readonly Rule[] = [
  { when: { meaning: ["docs", "script", "binary"] }, do: [] },
  { when: { meaning: ["metadata", "config"] }, do: ["register"] },
  { when: { meaning: ["sensor"], component: ["sensor"] }, do: ["register", "st2sensorcontainer"] },
  { when: { meaning: ["sensor"] }, do: ["st2sensorcontainer"] },
  { when: { meaning: ["dependencies"] }, do: ["environments"] },
];

/** Whether there is a way into the platform's database. */
export type Channel = "channel" | "no-channel";

/** The rules of a preset; `attune` without a way into the database is what people did by hand. */
export function presetRules(preset: PresetName, channel: Channel): readonly Rule[] {
  switch (preset) {
    case "attune":
      return channel === "channel" ? ATTUNE_REGISTER : ATTUNE_RESTART;
    case "attune-restart":
      return ATTUNE_RESTART;
    case "stackstorm":
      return STACKSTORM;
    case "none":
      return [];
    default:
      return preset satisfies never;
  }
}
