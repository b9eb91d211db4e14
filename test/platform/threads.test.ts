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

test.for([
  { how: "throw", why: "nobody catches this" },
  { how: "exit", why: "has ended" },
] as const)(
  "when it dies ($how) nobody waits for ever, neither who asked before nor who asks later",
  async ({ how, why }) => {
    await using thread = start();
    const asked = [ask(thread, "wait", {}), ask(thread, "die", { how })];
    for (const end of await Promise.allSettled(asked))
      expect(end).toMatchObject({ status: "rejected", reason: { message: expect.stringContaining(why) } });
    await expect(thread.died).rejects.toThrow(why);
    await expect(ask(thread, "echo", { text: "again" })).rejects.toThrow(why);
  },
);

test("a thread that is closed has not died", async () => {
  const thread = start();
  let hasDied = false;
  thread.died.catch(() => {
    hasDied = true;
  });
  await ask(thread, "echo", { text: "a" });
  await thread[Symbol.asyncDispose]();
  await new Promise((resolve) => setImmediate(resolve));
  expect(hasDied).toBe(false);
});
