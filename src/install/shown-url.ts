/** Without what may be secret: credentials and query. What is no URL comes as it is, up to an `@` that has a password before it. */
export function shownUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || url.host === "") return text.replace(/^([^/@\s]*:)[^/@\s]*@/, "$1…@").slice(0, 300);
  const query = url.search === "" ? "" : "?…";
  return `${url.protocol}//${url.host}${url.pathname}${query}`.slice(0, 300);
}
