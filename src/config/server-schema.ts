import * as z from "zod/mini";
import { scopes } from "./config.ts";
import { list, MAX_PORT, names, text } from "./values.ts";

/** Where the API listens. */
export function address() {
  const expected = "`host:port`, such as `127.0.0.1:8080`";
  return z.string(expected).check(
    z.regex(/^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):\d{1,5}$/, expected),
    z.refine(
      (at) => Number(at.slice(at.lastIndexOf(":") + 1)) <= MAX_PORT,
      `\`host:port\`, with a port up to ${MAX_PORT}`,
    ),
  );
}

/** Who may ask for what. */
export function tokens() {
  const expected = "a list of tokens, such as `[{name: ci, sha256: …, scopes: [packs:read]}]`";
  const sha256 = z.string("a sha256 in hex").check(z.regex(/^[0-9a-f]{64}$/i, "a sha256 in hex, 64 characters"));
  const hasOneSecret = (token: { token?: string; sha256?: string }) =>
    (token.token === undefined) !== (token.sha256 === undefined);
  const token = z.strictObject(
    {
      name: text("a name"),
      token: z.exactOptional(text("a token")),
      sha256: z.exactOptional(sha256),
      scopes: names(scopes),
    },
    expected,
  );
  return z.array(token.check(z.refine(hasOneSecret, expected)), expected);
}

/** Indexes of packs. */
export function registries() {
  const expected =
    "URLs of indexes, or `{url, priority, allowHttp, headers}`, such as `[https://registry.example/index.json]`";
  const index = z.string(expected).check(
    z.regex(/^(https?:\/\/[^\s/]|file:\/\/\/[^\s])\S*$/, expected),
    z.refine((given) => URL.canParse(given), expected),
  );
  const described = z.strictObject(
    {
      url: index,
      priority: z.exactOptional(z.int("a whole number, such as `100`")),
      allowHttp: z.exactOptional(z.boolean("`true` or `false`")),
      headers: z.exactOptional(headers()),
    },
    expected,
  );
  return z.union([z.array(z.union([index, described], expected), expected), list(expected, index)], expected);
}

function headers() {
  const expected = "a mapping of names to texts, such as `{authorization: Bearer …}`";
  return z.record(
    z.string().check(z.regex(/^[\w!#$%&'*+.^`|~-]+$/, expected)),
    z.string(expected).check(z.regex(/^[\t\x20-\x7e]*$/, expected)),
    expected,
  );
}
