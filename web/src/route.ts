import { computed, signal } from "@preact/signals";

/** Where one is in the page: behind `#`, which no server or proxy has to know about. */
export type Route =
  | { readonly page: "overview" }
  | { readonly page: "pack"; readonly ref: string; readonly tab: string }
  | { readonly page: "events"; readonly query: URLSearchParams }
  | { readonly page: "install" }
  | { readonly page: "charts" }
  | { readonly page: "sign-in" }
  | { readonly page: "unknown"; readonly path: string };

const hash = signal(location.hash);
addEventListener("hashchange", () => {
  hash.value = location.hash;
});

export const route = computed(() => routeOf(hash.value));

export const link = {
  overview: "#/",
  pack: (ref: string, tab = "") => `#/packs/${encodeURIComponent(ref)}${tab === "" ? "" : `/${tab}`}`,
  events: (query: Readonly<Record<string, string>> = {}) => {
    const text = new URLSearchParams(query).toString();
    return `#/events${text === "" ? "" : `?${text}`}`;
  },
  install: "#/install",
  charts: "#/charts",
  signIn: "#/sign-in",
} as const;

/** Goes there without a step back to where one was. */
export function replaceRoute(to: string): void {
  history.replaceState(null, "", to);
  hash.value = location.hash;
}

function routeOf(text: string): Route {
  const [path = "", query = ""] = text.replace(/^#/, "").split("?", 2);
  const [page = "", ref = "", tab = ""] = path
    .split("/")
    .filter((step) => step !== "")
    .map(decoded);
  switch (page) {
    case "":
      return { page: "overview" };
    case "packs":
      return ref === "" ? { page: "overview" } : { page: "pack", ref, tab };
    case "events":
      return { page, query: new URLSearchParams(query) };
    case "install":
    case "charts":
    case "sign-in":
      return { page };
    default:
      return { page: "unknown", path };
  }
}

function decoded(step: string): string {
  try {
    return decodeURIComponent(step);
  } catch {
    return step;
  }
}

/** The one-time way in that the program's first line shows: `#token=…`, which no server ever sees. It is taken out of the address at once. */
export function takeToken(): string | undefined {
  const token = /^#token=([^&]+)$/.exec(location.hash)?.[1];
  if (token === undefined) return undefined;
  replaceRoute(`${location.pathname}${location.search}#/`);
  return decoded(token);
}
