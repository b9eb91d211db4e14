import type { PackRef } from "../pack/ref.ts";

/** Where packsync keeps what it keeps inside the volume (ARCHITECTURE §5). */
export interface VolumeLayout {
  /** The directory that the services mount. */
  readonly root: string;
  /** `<root>/.packsync`: on the volume's file system, so that a rename can publish from it. */
  readonly own: string;
  readonly staging: string;
  readonly releases: string;
}

export function volumeLayout(root: string): VolumeLayout {
  const own = `${root}/.packsync`;
  return { root, own, staging: `${own}/staging`, releases: `${own}/releases` };
}

export function livePath({ root }: VolumeLayout, ref: PackRef): string {
  return `${root}/${ref}`;
}

export function stagingPath({ staging }: VolumeLayout, ref: PackRef, number: number): string {
  return `${staging}/${ref}.${number}`;
}

export function releasePath({ releases }: VolumeLayout, ref: PackRef, release: string): string {
  return `${releases}/${ref}/${release}`;
}

export function manifestPath(layout: VolumeLayout, ref: PackRef, release: string): string {
  return `${releasePath(layout, ref, release)}.json`;
}
