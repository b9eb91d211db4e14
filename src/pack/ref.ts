/** A pack's name, unique within the volume: Attune's `[a-z][a-z0-9_-]+`, StackStorm's `[a-z0-9_]+`. At most 200 characters. */
export type PackRef = string & { readonly [brand]: "PackRef" };
declare const brand: unique symbol;

/** File systems end at 255 bytes a name, and `<ref>.<release>` must fit in one. */
const MAX_LENGTH = 200;

/** `text` as an Attune pack's ref (the CHECK of its `pack` table), or `undefined` where it is none. */
export function attunePackRef(text: string): PackRef | undefined {
  return /^[a-z][a-z0-9_-]+$/.test(text) ? branded(text) : undefined;
}

/** `text` as a StackStorm pack's ref (`PACK_REF_WHITELIST_REGEX`, less the reserved `_global`), or `undefined` where it is none. */
export function stackstormPackRef(text: string): PackRef | undefined {
  return /^[a-z0-9_]+$/.test(text) && text !== "_global" ? branded(text) : undefined;
}

/** For texts that come back from our own database, and for names whose dialect nobody knows: either dialect's ref. */
export function asPackRef(text: string): PackRef | undefined {
  return attunePackRef(text) ?? stackstormPackRef(text);
}

function branded(text: string): PackRef | undefined {
  return text.length <= MAX_LENGTH ? (text as PackRef) : undefined;
}
