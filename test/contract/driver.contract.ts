import { expect, test } from "vitest";
import { PacksyncError } from "../../src/errors.ts";
import type { Driver, Notice } from "../../src/signal/driver.ts";

/** What the other side does from now on. */
export type Behaviour = "well" | "fail" | "hang";

/** A driver, and the real other side of it. */
export interface DriverStand extends AsyncDisposable {
  readonly driver: Driver;
  readonly service: string;
  /** How often it was told since the stand is there. */
  heard(): number | Promise<number>;
  behave(how: Behaviour): void | Promise<void>;
  /** Until an attempt that hangs has come so far. */
  hanging(): Promise<void>;
  /** Until nothing is left of attempts that were given up. */
  quiet(): Promise<void>;
  /** Must not be in any error. */
  readonly secrets: readonly string[];
}

export interface DriverVariant {
  readonly name: string;
  /** @param timeoutSeconds that the driver has for one attempt */
  open(timeoutSeconds: number): Promise<DriverStand>;
}

/** What {@link Driver} promises, for every implementation. */
export function driverContract({ open }: DriverVariant): void {
  const never = new AbortController().signal;

  test("tells once, and says what shows it", async () => {
    await using stand = await open(60);
    const outcome = await stand.driver.tell(noticeFor(stand), never);
    expect(outcome).toMatchObject({ kind: "told", evidence: [expect.stringMatching(/./)] });
    expect(await stand.heard()).toBe(1);
  });

  test("may tell the same again", async () => {
    await using stand = await open(60);
    await stand.driver.tell(noticeFor(stand), never);
    await stand.driver.tell(noticeFor(stand), never);
    expect(await stand.heard()).toBe(2);
  });

  test("throws what can be tried again when the other side fails, without a secret; and tells when it does not fail any more", async () => {
    await using stand = await open(60);
    await stand.behave("fail");
    const error = await failureOf(stand.driver.tell(noticeFor(stand), never));
    expect(error).toMatchObject({ code: "SIGNAL_FAILED", retryable: true });
    for (const secret of stand.secrets) expect(textOf(error)).not.toContain(secret);
    await stand.behave("well");
    await expect(stand.driver.tell(noticeFor(stand), never)).resolves.toMatchObject({ kind: "told" });
  });

  test("gives up when its time is over, and leaves nothing running", async () => {
    await using stand = await open(1);
    await stand.behave("hang");
    const error = await failureOf(stand.driver.tell(noticeFor(stand), never));
    expect(error).toMatchObject({ code: "SIGNAL_FAILED", retryable: true });
    expect(error.message).toContain("within 1 s");
    await stand.quiet();
  });

  test("an abort ends it at once with the abort's reason, and leaves nothing running", async () => {
    await using stand = await open(600);
    await stand.behave("hang");
    const abort = new AbortController();
    const telling = stand.driver.tell(noticeFor(stand), abort.signal);
    const ended = telling.then(
      () => "told",
      (error: unknown) => error,
    );
    await stand.hanging();
    const reason = new PacksyncError("STOPPED", "enough");
    abort.abort(reason);
    expect(await ended).toBe(reason);
    await stand.quiet();
  });

  test("tells nobody when it is aborted before", async () => {
    await using stand = await open(60);
    const reason = new PacksyncError("STOPPED", "enough");
    await expect(stand.driver.tell(noticeFor(stand), AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(await stand.heard()).toBe(0);
  });
}

export function noticeFor({ service }: Pick<DriverStand, "service">): Notice {
  const changes = [{ path: "actions/echo.sh", meaning: "script" as const }];
  return { service, packs: [{ ref: "demo", release: "2-0123abcd", changes }] };
}

export async function failureOf(telling: Promise<unknown>): Promise<PacksyncError> {
  const error = await telling.then(
    (outcome) => outcome,
    (error: unknown) => error,
  );
  expect.assert(error instanceof PacksyncError, `expected a PacksyncError, got ${JSON.stringify(error)}`);
  return error;
}

/** All that a log could show of it. */
function textOf(error: Error): string {
  const own = JSON.stringify(error, Object.getOwnPropertyNames(error));
  return error.cause instanceof Error ? `${own} ${error.message} ${textOf(error.cause)}` : `${own} ${error.message}`;
}
