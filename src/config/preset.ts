import type { PresetName } from "../plan/presets.ts";
import type { SourceConfig } from "./config.ts";
import { type Layer, originsOf } from "./layer.ts";
import type { Origin } from "./origin.ts";
import { PACKS_DEV } from "./sources.ts";

/**
 * What a preset says beside its rules: where the platform has its packs, and whose they are. StackStorm mounts `packs.dev` into its
 * services; its packs belong to root and a group whose number differs from image to image, so packsync takes the volume's.
 */
export function presetLayer(preset: PresetName): Layer | undefined {
  if (preset !== "stackstorm") return undefined;
  const origin: Origin = { from: "preset", name: preset };
  const settings = { volume: "/opt/stackstorm/packs", owner: undefined };
  const packsDev = { name: PACKS_DEV, path: "/opt/stackstorm/packs.dev", kind: "development", origin } as const;
  return { settings, sources: { packsDev }, origins: originsOf(settings, () => origin) };
}

/** What a preset says of a source, where that does not say it itself. */
export function sourceOf(preset: PresetName, name: string): Pick<SourceConfig, "dialect" | "mode"> {
  if (preset !== "stackstorm") return {};
  return { dialect: "stackstorm", ...(name === PACKS_DEV && { mode: "mounted" }) };
}
