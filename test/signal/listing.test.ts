import { expect, test } from "vitest";
import { type Container, type Engine, SERVICE_LABEL } from "../../src/signal/engine.ts";
import { createListing } from "../../src/signal/listing.ts";

const never = new AbortController().signal;

/** A listing at a moment that the test sets, of an engine that is asked so often, and answers when it is told to. */
function stand() {
  const time = { now: 10_000 };
  const answers: PromiseWithResolvers<Container[]>[] = [];
  const containers: Engine["containers"] = () => {
    const answer = Promise.withResolvers<Container[]>();
    answers.push(answer);
    return answer.promise;
  };
  const engine = { containers } as Engine; // nothing else of it is asked
  const answer = (...services: string[]) =>
    answers
      .at(-1)
      ?.resolve(services.map((name) => ({ id: name, name, state: "running", labels: { [SERVICE_LABEL]: name } })));
  return { time, answers, answer, listing: createListing(engine, "p", () => time.now) };
}

test("one list serves all who are told at once of what was live before it", async () => {
  const { answers, answer, listing } = stand();
  const both = [listing.of("api", 9_999, never), listing.of("worker", 9_999, never)];
  answer("api", "worker", "other");
  expect((await Promise.all(both)).map((found) => found.map(({ name }) => name))).toEqual([["api"], ["worker"]]);
  expect((await listing.of("nobody", 9_999, never)).length).toBe(0);
  expect(answers).toHaveLength(1);
});

test.for<[title: string, sinceMs: number | undefined, laterMs: number]>([
  ["what went live after it was begun", 10_001, 0],
  ["what went live at the very moment", 10_000, 0],
  ["a service that a person wants to be told", undefined, 0],
  ["whoever asks a second later", 9_999, 1000],
])("another list is for %s", async ([, sinceMs, laterMs]) => {
  const { time, answers, answer, listing } = stand();
  const first = listing.all(never);
  answer("api");
  await first;
  time.now += laterMs;
  const second = listing.of("api", sinceMs, never);
  answer();
  expect(await second).toEqual([]);
  expect(answers).toHaveLength(2);
});

test("a list that failed serves nobody else", async () => {
  const { answers, answer, listing } = stand();
  const first = listing.of("api", 9_999, never);
  answers[0]?.reject(new Error("gone"));
  await expect(first).rejects.toThrow("gone");
  const second = listing.of("api", 9_999, never);
  answer("api");
  expect(await second).toHaveLength(1);
});
