import type { Failure } from "./failures.ts";
import type { Log } from "./log.ts";

/** What a thread that does what it is asked hears and says; `Q` and `A` are requests and answers by kind. */
export type ToThread<Q> =
  | { readonly id: number; readonly kind: keyof Q; readonly request: Q[keyof Q] }
  | { readonly stop: number; readonly reason: string }
  | { readonly close: true };

export type FromThread<A> =
  | { readonly id: number; readonly progress: readonly [done: number, total: number] }
  | { readonly id: number; readonly answer: A[keyof A] }
  | { readonly id: number; readonly failure: Failure }
  | { readonly log: keyof Log; readonly about: unknown; readonly message: string };
