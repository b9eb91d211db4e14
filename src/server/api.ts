import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import type { Scope } from "../config/config.ts";
import type { TextFormat } from "../metrics/text.ts";
import type { Principal } from "./access.ts";
import type { Operations } from "./operations.ts";
import type { Roots } from "./roots.ts";
import type { Session } from "./sessions.ts";
import type { DoWork } from "./work.ts";

/** Where routes are added; requests and answers are checked by the schemas that describe them. */
export type Api = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** What routes call. */
export interface RouteDeps {
  readonly operations: Operations;
  readonly roots: Roots;
  readonly doWork: DoWork;
  readonly metrics: Metrics;
}

/** The numbers for machines. */
export interface Metrics {
  scrape(format: TextFormat): Promise<string>;
  note(request: {
    readonly method: string;
    readonly route: string;
    readonly status: number;
    readonly seconds: number;
  }): void;
}

declare module "fastify" {
  interface FastifyContextConfig {
    /** Who may use it; unset: whoever has a token, and nothing is done. */
    access?: Scope | "open";
    /** A browser may ask for the token as a password. */
    browsed?: boolean;
    /** Whoever looks after containers asks it. */
    probe?: boolean;
    /** It is answered as far as it can be, also where the disk of the state directory hangs. */
    isUnread?: boolean;
  }
  interface FastifyRequest {
    /** Who asks; a sentence: why nobody knows. */
    principal: Principal | string;
    /** By which we know them, where it was no token. */
    session: Session | undefined;
  }
}
