import type { EventKind, EventSeverity, PacksyncEvent } from "./event.ts";

/** Which events somebody wants; what is not said does not matter. */
export interface EventFilter {
  readonly pack?: string | undefined;
  readonly service?: string | undefined;
  /** One of these. */
  readonly kinds?: readonly EventKind[] | undefined;
  readonly severity?: EventSeverity | undefined;
}

export function matches(event: PacksyncEvent, { pack, service, kinds, severity }: EventFilter): boolean {
  return (
    (pack === undefined || packsOf(event).includes(pack)) &&
    (service === undefined || event.service === service) &&
    (kinds === undefined || kinds.includes(event.kind)) &&
    (severity === undefined || event.severity === severity)
  );
}

/** Every pack that an event is about: a service is told of several at once. */
export function packsOf({ pack, data }: Pick<PacksyncEvent, "pack" | "data">): readonly string[] {
  const listed = Array.isArray(data?.["packs"]) ? data["packs"].flatMap(refOf) : [];
  return pack === undefined ? listed : [...new Set([pack, ...listed])];
}

function refOf(each: unknown): readonly string[] {
  if (typeof each === "string") return [each];
  if (typeof each !== "object" || each === null) return [];
  const ref: unknown = Reflect.get(each, "pack");
  return typeof ref === "string" ? [ref] : [];
}
