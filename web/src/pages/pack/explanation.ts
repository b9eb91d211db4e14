/** What docs/diagnostics.md says about a code: one page for the terminal, the editor and here. */
export interface Explanation {
  readonly about: string;
  readonly wrong: readonly Example[];
  readonly right: readonly Example[];
}

export interface Example {
  readonly path: string;
  readonly text: string;
}

export function explanationOf(page: string, code: string): Explanation | undefined {
  const section = page.split(/^### /m).find((each) => each.startsWith(`${code}\n`));
  const [body = ""] = section?.slice(code.length + 1).split(/^## /m) ?? [];
  const [about = "", wrong = "", right = ""] = body.split(/^#### (?:wrong|right)$/m);
  const sentence = about.trim().replace(/^[a-z, ]+ · /, "");
  return sentence === "" ? undefined : { about: sentence, wrong: examplesIn(wrong), right: examplesIn(right) };
}

function examplesIn(text: string): readonly Example[] {
  const blocks = text.matchAll(/^`([^`\n]+)`\n+(`{3,})[^\n]*\n([\s\S]*?)^\2$/gm);
  return [...blocks].map(([, path = "", , content = ""]) => ({ path, text: content }));
}

/** Text and `code` in turns, as Markdown marks them. */
export function inlineCode(text: string): readonly { readonly text: string; readonly isCode: boolean }[] {
  const parts = text.replace(/\[([^\]]+)\]\([^)]*\)/g, "$1").split("`");
  return parts.map((part, index) => ({ text: part, isCode: index % 2 === 1 })).filter(({ text: each }) => each !== "");
}
