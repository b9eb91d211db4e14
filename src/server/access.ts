import { createHash, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { errors, jwtVerify } from "jose";
import { type Scope, type ServerConfig, scopes } from "../config/config.ts";
import { PacksyncError } from "../errors.ts";
import { parseTokens } from "./tokens-file.ts";

/** Who asks. */
export interface Principal {
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** When the token ends, in ms since the epoch; unset: it does not. */
  readonly expiresAt?: number;
}

/** Who may ask. */
export interface Access {
  /** @returns a sentence where the token is nobody's */
  whoIs(token: string): Promise<Principal | string>;
}

/** A token by its digest alone: what is in memory opens nothing. */
interface KnownToken extends Principal {
  readonly digest: Buffer;
}

/** Shorter ones can be tried out. */
const MIN_SECRET = 16;

/** Whether anything says who may ask. */
export function hasSecrets({ token, tokens, tokensFile, jwtSecret }: ServerConfig): boolean {
  return token !== undefined || (tokens ?? []).length > 0 || tokensFile !== undefined || jwtSecret !== undefined;
}

/**
 * @param generated one more token with all scopes, where nothing says who may ask
 * @throws PacksyncError `CONFIG_INVALID` for secrets that are too short, and for a file of tokens that is none
 */
export function openAccess(config: ServerConfig, generated: string | undefined): Access {
  const known = knownTokens(config, generated);
  const secret = config.jwtSecret === undefined ? undefined : secretKey(config.jwtSecret);
  return {
    async whoIs(token) {
      const found = find(token, known);
      if (found !== undefined) return found;
      if (secret === undefined || token.split(".").length !== 3) return "Invalid authentication token";
      return await platformUser(token, secret, config);
    },
  };
}

function knownTokens(config: ServerConfig, generated: string | undefined): readonly KnownToken[] {
  const { token, tokens = [], tokensFile } = config;
  const fromFile = tokensFile === undefined ? [] : parseTokens(readTokens(tokensFile), tokensFile);
  const named = [...tokens, ...fromFile].map(({ name, token: plain, sha256, scopes: granted }) => ({
    name,
    scopes: granted,
    digest: plain === undefined ? Buffer.from(sha256 ?? "", "hex") : digestOf(longEnough(plain, name)),
  }));
  const whole = [
    ...(token === undefined ? [] : [{ name: "token", plain: longEnough(token, "server.token") }]),
    ...(generated === undefined ? [] : [{ name: "generated", plain: generated }]),
  ];
  return [...named, ...whole.map(({ name, plain }) => ({ name, scopes, digest: digestOf(plain) }))];
}

function readTokens(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const got = error instanceof Error ? error.message : String(error);
    throw new PacksyncError("CONFIG_INVALID", `Expected \`server.tokensFile\` to be a file of tokens, got: ${got}.`, {
      hint: "Correct the path, or make the file: a line for each token, with a name, the token or `sha256:…`, and scopes.",
      cause: error,
    });
  }
}

function longEnough(secret: string, name: string): string {
  if (secret.length >= MIN_SECRET) return secret;
  throw new PacksyncError(
    "CONFIG_INVALID",
    `Expected the token \`${name}\` to have at least ${MIN_SECRET} characters, got ${secret.length}.`,
    { hint: "`openssl rand -hex 32` makes one." },
  );
}

function secretKey(secret: string): Uint8Array {
  if (secret.length >= MIN_SECRET) return new TextEncoder().encode(secret);
  throw new PacksyncError(
    "CONFIG_INVALID",
    `Expected \`server.jwtSecret\` (JWT_SECRET) to have at least ${MIN_SECRET} characters, got ${secret.length}.`,
    { hint: "Give the platform a longer one: whoever guesses it may do everything." },
  );
}

function digestOf(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

/** All are compared, each in constant time: how long it takes says nothing. */
function find(token: string, known: readonly KnownToken[]): Principal | undefined {
  const digest = digestOf(token);
  const [found] = known.filter((each) => timingSafeEqual(each.digest, digest));
  return found && { name: found.name, scopes: found.scopes };
}

/** Nobody may ask with what is only good for a new token. */
const UNUSABLE_TYPES: readonly unknown[] = ["refresh"];

async function platformUser(
  token: string,
  secret: Uint8Array,
  { jwtAudience: audience, jwtIssuer: issuer, jwtScopes }: ServerConfig,
): Promise<Principal | string> {
  try {
    const { payload } = await jwtVerify(token, secret, {
      algorithms: ["HS256"],
      requiredClaims: ["exp"],
      ...(audience !== undefined && { audience }),
      ...(issuer !== undefined && { issuer }),
    });
    if (UNUSABLE_TYPES.includes(payload["token_type"])) return "Expected an access token, got a refresh token";
    const granted = scopesIn(payload["scope"] ?? payload["scopes"] ?? payload["permissions"]);
    return {
      name: `jwt:${payload.sub ?? ""}`,
      scopes: granted ?? jwtScopes,
      ...(payload.exp !== undefined && { expiresAt: payload.exp * 1000 }),
    };
  } catch (error) {
    if (error instanceof errors.JWTExpired) return "Authentication token expired";
    if (error instanceof errors.JOSEError) return "Invalid authentication token";
    throw error;
  }
}

/** A list, or OAuth's text with blanks; `undefined`: it names none. */
function scopesIn(claim: unknown): readonly Scope[] | undefined {
  const named: unknown = typeof claim === "string" ? claim.split(/[\s,]+/) : claim;
  return Array.isArray(named) ? scopes.filter((scope) => named.includes(scope)) : undefined;
}
