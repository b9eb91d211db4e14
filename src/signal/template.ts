import type { Notice } from "./driver.ts";

/** What a notice is in JSON; on stdin of commands, and the body of calls that have none of their own. */
export function noticeDocument({ service, packs }: Notice): Readonly<Record<string, unknown>> {
  return {
    service,
    packs: packs.map(({ ref, release = null, changes }) => ({ pack: ref, release, changes })),
  };
}

/**
 * A body's template filled in: the text `{packs}` becomes the list of them, and within a longer text their refs; likewise `{releases}`,
 * `{changes}` (paths) and `{service}`. Anything else stays, whatever its type.
 */
export function fillTemplate(template: unknown, notice: Notice): unknown {
  if (typeof template === "string") return filled(template, valuesOf(notice));
  if (Array.isArray(template)) return template.map((item) => fillTemplate(item, notice));
  if (typeof template !== "object" || template === null) return template;
  return Object.fromEntries(Object.entries(template).map(([key, item]) => [key, fillTemplate(item, notice)]));
}

type Values = Readonly<Record<string, string | readonly string[]>>;

function valuesOf({ service, packs }: Notice): Values {
  return {
    service,
    packs: packs.map(({ ref }) => ref),
    releases: packs.map(({ release }) => release ?? "none"),
    changes: packs.flatMap(({ ref, changes }) => changes.map(({ path }) => `${ref}/${path}`)),
  };
}

function filled(text: string, values: Values): unknown {
  const whole = /^\{(service|packs|releases|changes)\}$/.exec(text)?.[1];
  if (whole !== undefined) return values[whole];
  return text.replaceAll(/\{(service|packs|releases|changes)\}/g, (_, name: string) => {
    const value = values[name] ?? "";
    return typeof value === "string" ? value : value.join(" ");
  });
}
