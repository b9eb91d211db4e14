/** How a client wants to wait, as RFC 7240 says it. */
export interface Preference {
  readonly respondAsync: boolean;
  /** How long it would rather wait for the answer itself, in seconds. */
  readonly waitSeconds: number;
}

const MAX_WAIT = 3600;

/** @param header `Prefer`; several of them are one list. What it has beside that is for others. */
export function preferenceOf(header: string | readonly string[] | undefined): Preference {
  const wishes = [header ?? []].flat().join(",").split(",").map(wish);
  const wait = wishes.find(({ name }) => name === "wait")?.value ?? "";
  return {
    respondAsync: wishes.some(({ name }) => name === "respond-async"),
    waitSeconds: /^\d{1,9}$/.test(wait) ? Math.min(Number(wait), MAX_WAIT) : 0,
  };
}

/** `wait=10`, `wait = "10"; why=so`. */
function wish(text: string): { readonly name: string; readonly value: string } {
  const [name = "", value = ""] = (text.split(";", 1)[0] ?? "").split("=");
  return { name: name.trim().toLowerCase(), value: value.trim().replaceAll('"', "") };
}
