import { createHash, randomBytes } from "node:crypto";
import type { Principal } from "./access.ts";

/** Somebody who has shown a token, and is known by a cookie since. */
export interface Session {
  readonly principal: Principal;
  /** Ms since the epoch. */
  readonly expiresAt: number;
  /** Called once when it ends, however it does; disposing of what is given takes it back. */
  onEnd(callback: () => void): Disposable;
}

/** Who is signed in. They are known to this server's memory only: when it ends, everybody signs in again. */
export interface Sessions extends Disposable {
  /** @returns what is the only key to it; nothing that is kept here opens it */
  open(principal: Principal): { readonly id: string; readonly session: Session };
  find(id: string): Session | undefined;
  close(id: string): void;
}

export interface SessionLimits {
  readonly lifeMs: number;
  /** One more ends the oldest. */
  readonly most: number;
}

export const SESSION_LIMITS: SessionLimits = { lifeMs: 12 * 3_600_000, most: 1000 };

export function keepSessions({ lifeMs, most }: SessionLimits, now: () => number): Sessions {
  const sessions = new Map<string, Session & { readonly end: () => void }>();
  const close = (key: string): void => {
    const session = sessions.get(key);
    sessions.delete(key);
    session?.end();
  };
  return {
    open(principal) {
      const id = randomBytes(32).toString("base64url");
      const key = keyOf(id);
      const [oldest] = sessions.keys();
      if (sessions.size >= most && oldest !== undefined) close(oldest);
      const expiresAt = Math.min(now() + lifeMs, principal.expiresAt ?? Number.POSITIVE_INFINITY);
      const timer = setTimeout(() => close(key), Math.max(0, expiresAt - now())).unref();
      const session = createSession(principal, expiresAt, timer);
      sessions.set(key, session);
      return { id, session };
    },
    find(id) {
      const session = sessions.get(keyOf(id));
      return session !== undefined && session.expiresAt > now() ? session : undefined;
    },
    close: (id) => close(keyOf(id)),
    [Symbol.dispose]() {
      for (const key of [...sessions.keys()]) close(key);
    },
  };
}

function createSession(principal: Principal, expiresAt: number, timer: NodeJS.Timeout) {
  const callbacks = new Set<() => void>();
  return {
    principal,
    expiresAt,
    onEnd(callback: () => void): Disposable {
      callbacks.add(callback);
      return { [Symbol.dispose]: () => void callbacks.delete(callback) };
    },
    end(): void {
      clearTimeout(timer);
      for (const callback of callbacks) callback();
      callbacks.clear();
    },
  };
}

function keyOf(id: string): string {
  return createHash("sha256").update(id).digest("base64url");
}
