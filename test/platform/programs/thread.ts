import { setTimeout as sleep } from "node:timers/promises";
import { workerData } from "node:worker_threads";
import { PacksyncError } from "../../../src/errors.ts";
import { serveThread } from "../../../src/platform/thread-server.ts";

/** What tests ask of the thread. */
export interface ThreadQuestions {
  readonly echo: { readonly text: string };
  readonly fail: object;
  /** It ends as a thread does that throws where nobody catches, or that just exits. */
  readonly die: { readonly how: "throw" | "exit" };
  readonly wait: object;
}

export interface ThreadAnswers {
  readonly echo: string;
  readonly fail: never;
  readonly die: never;
  readonly wait: never;
}

const deaths = {
  throw: () => {
    setImmediate(() => {
      throw new Error("nobody catches this");
    });
  },
  exit: () => process.exit(),
};

serveThread<ThreadQuestions, ThreadAnswers>(
  async (kind, request, onProgress, abort) => {
    if (kind === "echo" && "text" in request) {
      onProgress(1, 2);
      return `${workerData.greeting} ${request.text}` as never;
    }
    if (kind === "die" && "how" in request) deaths[request.how]();
    if (kind === "fail") throw new PacksyncError("USAGE", "no", { hint: "yes" });
    for (;;) {
      await sleep(1);
      abort.throwIfAborted();
    }
  },
  () => {},
);
