import type { FastifyReply, FastifyRequest } from "fastify";
import { PacksyncError } from "../errors.ts";
import type { OnStage } from "../install/stages.ts";

/** What a long call does. Its document is the answer's `data`. */
export type Work<T> = (onStage: OnStage, abort: AbortSignal) => Promise<T>;

/** A long call, for those who look after it. `summary` has no credentials in it. */
export interface WorkAbout {
  readonly kind: "download" | "dependencies" | "build-envs" | "register" | "register-batch" | "install" | "test";
  readonly summary: Readonly<Record<string, string | number | boolean | readonly string[]>>;
}

/** Does the work of a request, and answers it; `status`: when it succeeds. */
export type DoWork = <T>(
  http: { readonly request: FastifyRequest; readonly reply: FastifyReply },
  about: WorkAbout,
  work: Work<T>,
) => Promise<{ readonly data: T }>;

/** Who hangs up takes the work back. */
export const workAtOnce: DoWork = async ({ reply }, _, work) => ({ data: await work(() => {}, hangUpOf(reply)) });

/** Aborts when a client is gone before it has its answer. */
export function hangUpOf({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController();
  raw.once("close", () => {
    if (!raw.writableFinished) gone.abort(new PacksyncError("STOPPED", "Whoever asked hung up."));
  });
  return gone.signal;
}
