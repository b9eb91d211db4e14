/**
 * The source of what was installed: packsync's own, in the volume beside the history, and below all others. So an installed pack is validated,
 * published, repaired and rolled back like any other; a source that starts to carry its ref shadows it, and brings it back when it leaves.
 */
export const INSTALLED = "installed";

/** How a release came about that was published from this source. */
export function originOf(source: string | undefined): "sync" | "install" {
  return source === INSTALLED ? "install" : "sync";
}
