/** A URL without what may be secret: credentials and query. */
export function shownUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || url.host === "") return withoutSecrets(text).slice(0, 300);
  const query = url.search === "" ? "" : "?…";
  return `${url.protocol}//${url.host}${url.pathname}${query}`.slice(0, 300);
}

/** The same for any text, e.g. what nearly is a URL, or has one in it: up to the last `@` it may be a password. */
export function withoutSecrets(text: string): string {
  return text
    .replace(/^([^/@\s]*:)[^/@\s]*@/, "$1…@")
    .replaceAll(/:\/\/(?!\/)\S*@/g, "://…@")
    .replaceAll(/(:\/\/[^\s?]*\?)\S+/g, "$1…");
}
