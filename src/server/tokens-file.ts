import { type Scope, scopes, type TokenConfig } from "../config/config.ts";
import { PacksyncError } from "../errors.ts";

/**
 * Tokens, one a line: a name, the token or `sha256:` and its digest in hex, scopes separated by commas (none: all). What follows a `#` at
 * the beginning of a line is a comment.
 *
 * @throws PacksyncError `CONFIG_INVALID` with the line, never with the token
 */
export function parseTokens(text: string, file: string): readonly TokenConfig[] {
  return text.split("\n").flatMap((line, index) => {
    const trimmed = line.trim();
    return trimmed === "" || trimmed.startsWith("#") ? [] : [parseLine(trimmed, { file, line: index + 1, column: 1 })];
  });
}

function parseLine(text: string, position: { readonly file: string; readonly line: number; readonly column: number }) {
  const [name = "", secret, granted = scopes.join(), ...rest] = text.split(/\s+/);
  const named = granted.split(",");
  const hash = secret?.startsWith("sha256:") ? secret.slice("sha256:".length) : undefined;
  const isWrong = secret === undefined || rest.length > 0 || !named.every(isScope);
  if (isWrong || (hash !== undefined && !/^[0-9a-f]{64}$/i.test(hash)))
    throw new PacksyncError(
      "CONFIG_INVALID",
      `Expected each line of ${position.file} to be \`<name> <token or sha256:…> <scope,…>\`, got another one.`,
      { position, hint: `Scopes are ${scopes.map((scope) => `\`${scope}\``).join(" and ")}.` },
    );
  const about = { name, scopes: named.filter(isScope) };
  return hash === undefined ? { ...about, token: secret } : { ...about, sha256: hash };
}

function isScope(text: string): text is Scope {
  return scopes.some((scope) => scope === text);
}
