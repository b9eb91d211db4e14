/** What of an OpenAPI document is shown. */
interface Operation {
  readonly summary?: string;
  readonly description?: string;
  readonly requestBody?: { readonly content?: Readonly<Record<string, { readonly schema?: unknown }>> };
  readonly parameters?: readonly unknown[];
  readonly responses?: Readonly<Record<string, unknown>>;
}

interface Shown {
  readonly info: { readonly title: string; readonly version: string; readonly description?: string };
  readonly paths?: object;
}

/** A page for people: every operation with what it takes and gives. */
export function documentPage(document: Shown): string {
  const { title, version, description = "" } = document.info;
  const operations = Object.entries(document.paths ?? {}).flatMap(([path, methods]) =>
    Object.entries(methods ?? {}).map(([method, operation]) => ({ path, method, operation: operation as Operation })),
  );
  const links = operations.map(
    ({ path, method }) => `<li><a href="#${idOf(method, path)}">${label(method, path)}</a></li>`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title><style>${STYLE}</style></head><body>
<h1>${escaped(title)} ${escaped(version)}</h1><p>${prose(description)}</p>
<p>For programs: <a href="/api/v1/openapi.json">openapi.json</a></p><nav><ul>${links.join("")}</ul></nav>
${operations.map(section).join("\n")}
</body></html>
`;
}

export const STYLE = `:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
h2{margin-top:2.5rem;font-size:1.1rem}code,pre{font:14px/1.4 ui-monospace,monospace}pre{overflow:auto;padding:.75rem;border:1px solid #8886;border-radius:6px}
.method{font-weight:700;text-transform:uppercase}nav ul{list-style:none;padding:0}td,th{text-align:left;padding:.1rem 1rem .1rem 0;vertical-align:top}`;

function section({ path, method, operation }: { path: string; method: string; operation: Operation }): string {
  const { summary = "", description = "", requestBody, parameters = [], responses = {} } = operation;
  const bodies = Object.entries(requestBody?.content ?? {}).map(([type, { schema }]) => part(`Takes ${type}`, schema));
  const answers = Object.entries(responses).map(([status, response]) => answer(status, response));
  return `<section id="${idOf(method, path)}"><h2>${label(method, path)}</h2><p>${prose(`${summary}. ${description}`)}</p>
${parameters.length > 0 ? part("Parameters", parameters) : ""}${bodies.join("")}${answers.join("")}</section>`;
}

function answer(status: string, response: unknown): string {
  const { description, content }: { description?: unknown; content?: unknown } = Object(response);
  const schema: unknown = Object(Object(content)["application/json"]).schema;
  const title = `${status}: ${String(description ?? "")}`;
  return status.startsWith("2") ? part(title, schema) : `<p>${prose(title)}</p>`;
}

function part(title: string, value: unknown): string {
  const json = JSON.stringify(value, null, 2) ?? "";
  return `<details><summary>${prose(title)}</summary><pre>${escaped(json)}</pre></details>`;
}

function label(method: string, path: string): string {
  return `<span class="method">${escaped(method)}</span> <code>${escaped(path)}</code>`;
}

function idOf(method: string, path: string): string {
  return escaped(`${method}${path.replaceAll(/[^a-z0-9]+/gi, "-")}`);
}

/** Between backticks stands code. */
function prose(text: string): string {
  return escaped(text).replaceAll(/`([^`]*)`/g, "<code>$1</code>");
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
