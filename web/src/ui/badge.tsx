import type { PackState } from "../documents.ts";
import { Icon, type IconName } from "./icon.tsx";

export type Tone = "good" | "bad" | "warn" | "info" | "quiet";

interface Standing {
  readonly tone: Tone;
  readonly icon: IconName;
  readonly text: string;
  /** What it means, in a sentence. */
  readonly means: string;
}

export const PACK_STANDINGS: Readonly<Record<PackState, Standing>> = {
  live: { tone: "good", icon: "check", text: "live", means: "The volume has what its source has." },
  pinned: {
    tone: "info",
    icon: "pin",
    text: "pinned",
    means: "A person keeps this release, whatever the source says.",
  },
  invalid: {
    tone: "bad",
    icon: "cross",
    text: "invalid",
    means: "Its source has errors; the last good release stays live.",
  },
  rejected: { tone: "bad", icon: "cross", text: "rejected", means: "Its source has errors, and it was never live." },
  held: {
    tone: "warn",
    icon: "hand",
    text: "held",
    means: "Its source is gone; it stays live until a person says otherwise.",
  },
  shadowed: { tone: "quiet", icon: "layers", text: "shadowed", means: "A later source has a pack of the same ref." },
  missing: {
    tone: "bad",
    icon: "warning",
    text: "missing",
    means: "It was published, and is not in the volume any more.",
  },
  retired: { tone: "quiet", icon: "dash", text: "retired", means: "It was taken out of the volume." },
  mounted: { tone: "info", icon: "plug", text: "mounted", means: "The services read it from its source." },
  foreign: {
    tone: "quiet",
    icon: "box",
    text: "foreign",
    means: "It is in the volume, and was published by somebody else.",
  },
  quarantined: { tone: "bad", icon: "shield", text: "quarantined", means: "A service did not survive it." },
};

const FRESH: Standing = { tone: "good", icon: "bolt", text: "just now", means: "It was published a moment ago." };

/** A state is never said by colour alone. */
export function StateBadge({ state, isFresh = false }: { readonly state: PackState; readonly isFresh?: boolean }) {
  const { tone, icon, text, means } = isFresh && state === "live" ? FRESH : PACK_STANDINGS[state];
  return (
    <span class={`badge ${tone}${isFresh ? " fresh" : ""}`} title={means}>
      <Icon name={icon} />
      {text}
    </span>
  );
}

export function Badge({
  tone,
  icon,
  text,
  title,
}: Pick<Standing, "tone" | "icon" | "text"> & { readonly title?: string }) {
  return (
    <span class={`badge ${tone}`} title={title}>
      <Icon name={icon} />
      {text}
    </span>
  );
}
