/** What somebody may want of an engine through the guard; everything else is refused. */
export type Wish =
  | { readonly kind: "ping" }
  | { readonly kind: "time" }
  | { readonly kind: "list"; readonly labels: readonly string[] }
  | { readonly kind: "inspect"; readonly container: string }
  | { readonly kind: "restart"; readonly container: string }
  | { readonly kind: "kill"; readonly container: string; readonly signal: string };

/** A request's head as Node's strict parser has read it. */
export interface Head {
  readonly method: string;
  /** As it was sent. */
  readonly target: string;
  /** Names and values in turn, as they were sent. */
  readonly headers: readonly string[];
}

const VERSION = /^\/v1\.[0-9]{1,2}(?=\/)/;
const CONTAINER = "[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}";
const INSPECT = new RegExp(`^/containers/(${CONTAINER})/json$`);
/** With the container's own time to stop: without any it would be SIGKILL. */
const RESTART = new RegExp(`^/containers/(${CONTAINER})/restart$`);
const KILL = new RegExp(`^/containers/(${CONTAINER})/kill(?:\\?signal=(SIG[A-Z][A-Z0-9]{1,9}))?$`);
const LIST = /^\/containers\/json(?:\?([\w%=&:.,~-]{0,2000}))?$/;

/**
 * The wish that a request stands for, or `undefined`.
 *
 * It is compared with how packsync writes the few requests that it has; no path is decoded or made simpler. A
 * request with a body, or with a header that would change what it means, is none of these.
 */
export function wishOf({ method, target, headers }: Head): Wish | undefined {
  if (hasBody(headers) || headers.some((name, index) => index % 2 === 0 && REFUSED.has(name.toLowerCase())))
    return undefined;
  const path = target.replace(VERSION, "");
  if (method === "GET") return looking(path);
  return method === "HEAD" && path === "/_ping" ? { kind: "ping" } : method === "POST" ? acting(path) : undefined;
}

function looking(path: string): Wish | undefined {
  if (path === "/_ping") return { kind: "ping" };
  if (path === "/info") return { kind: "time" };
  const [, inspected] = INSPECT.exec(path) ?? [];
  if (inspected !== undefined) return { kind: "inspect", container: inspected };
  const list = LIST.exec(path);
  return list === null ? undefined : listing(list[1] ?? "");
}

function acting(path: string): Wish | undefined {
  const [, restarted] = RESTART.exec(path) ?? [];
  if (restarted !== undefined) return { kind: "restart", container: restarted };
  const [, killed, signal = "SIGKILL"] = KILL.exec(path) ?? [];
  return killed === undefined ? undefined : { kind: "kill", container: killed, signal };
}

/** All are meant in any case; of filters only labels are known, and they only ever narrow. */
function listing(query: string): Wish | undefined {
  const parameters = [...new URLSearchParams(query)];
  if (new URLSearchParams(parameters).toString() !== query) return undefined; // written in another way
  const isEachOnce = new Set(parameters.map(([name]) => name)).size === parameters.length;
  const { all = "1", filters = "{}", ...others } = Object.fromEntries(parameters);
  if (!isEachOnce || Object.keys(others).length > 0 || !/^(1|true)$/.test(all)) return undefined;
  const labels = labelsIn(filters);
  return labels === "none" ? undefined : { kind: "list", labels };
}

function labelsIn(text: string): readonly string[] | "none" {
  try {
    const { label = [], ...others } = JSON.parse(text);
    const isText = Array.isArray(label) && label.every((each) => typeof each === "string");
    return isText && Object.keys(others).length === 0 ? label : "none";
  } catch {
    return "none";
  }
}

/** What makes another request of one, on the way or at its end. */
const REFUSED: ReadonlySet<string> = new Set([
  ...["connection-upgrade", "expect", "http2-settings", "te", "trailer", "transfer-encoding", "upgrade"],
  ...["x-http-method", "x-http-method-override", "x-method-override", "x-original-url", "x-rewrite-url"],
]);

function hasBody(headers: readonly string[]): boolean {
  const lengths = headers.filter(
    (_, index) => index % 2 === 1 && headers[index - 1]?.toLowerCase() === "content-length",
  );
  return lengths.length > 1 || lengths.some((length) => length !== "0");
}
