import { expect, test } from "vitest";
import { startThread, type Thread } from "../../src/platform/thread-client.ts";
import { silent } from "../support/sync.ts";
import type { ThreadAnswers, ThreadQuestions } from "./programs/thread.ts";

const ENTRY = new URL("./programs/thread.ts", import.meta.url);
const never = new AbortController().signal;

function start(): Thread<ThreadQuestions, ThreadAnswers> {
  return startThread<ThreadQuestions, ThreadAnswers>(ENTRY, { greeting: "hello" }, silent);
}

const ask = <K extends keyof ThreadQuestions>(
  thread: ReturnType<typeof start>,
  kind: K,
  request: ThreadQuestions[K],
  abort = never,
) => thread.ask(kind, request, () => {}, abort);

test("a thread answers each its own, says how far it is, and what it throws is thrown here", async () => {
  await using thread = start();
  const progress: number[] = [];
  const first = thread.ask("echo", { text: "a" }, (...step) => void progress.push(...step), never);
  const second = ask(thread, "echo", { text: "b" });
  await expect(Promise.all([second, first])).resolves.toEqual(["hello b", "hello a"]);
  expect(progress).toEqual([1, 2]);
  await expect(ask(thread, "fail", {})).rejects.toMatchObject({ code: "USAGE", message: "no", hint: "yes" });
});

test("what is aborted stops with the reason for it, and what is aborted before never starts", async () => {
  await using thread = start();
  const abort = new AbortController();
  const waiting = ask(thread, "wait", {}, abort.signal);
  await ask(thread, "echo", { text: "it listens" });
  abort.abort(new Error("enough"));
  await expect(waiting).rejects.toMatchObject({ code: "STOPPED", message: "enough" });
  await expect(ask(thread, "echo", { text: "late" }, abort.signal)).rejects.toThrow("enough");
});

test.for(["throw", "exit"] as const)(
  "when it dies (%s) nobody waits for ever, and the next one is answered",
  async (how) => {
    await using thread = start();
    const waiting = ask(thread, "wait", {});
    const [first, second] = await Promise.allSettled([waiting, ask(thread, "die", { how })]);
    expect([first.status, second.status]).toEqual(["rejected", "rejected"]);
    await expect(ask(thread, "echo", { text: "again" })).resolves.toBe("hello again");
  },
);
