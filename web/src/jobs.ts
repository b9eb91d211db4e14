import { type Answer, ask } from "./api.ts";
import type { Job, JobEvent, JobWithResult } from "./documents.ts";
import { messageReader } from "./sse.ts";

/** Asks for something long: answered with the job that does it. @param body what is sent as JSON, or a form */
export async function startJob(path: string, body: unknown = {}): Promise<Answer<Job>> {
  return await ask<Job>(path, { method: "POST", body, headers: { prefer: "respond-async" } });
}

export async function cancelJob(id: string): Promise<Answer<Job>> {
  return await ask<Job>(`api/v1/jobs/${id}`, { method: "DELETE" });
}

export async function jobOf(id: string): Promise<Answer<JobWithResult>> {
  return await ask<JobWithResult>(`api/v1/jobs/${id}`);
}

export function isOver(state: string): boolean {
  return state !== "queued" && state !== "running";
}

const RETRY_MS = 1000;

/** Hears all that happens in a job, from its beginning; a connection that is cut goes on where it was. Resolves once the job is over. */
export async function followJob(id: string, onEvent: (event: JobEvent) => void, stop: AbortSignal): Promise<void> {
  let after = 0;
  const take = (event: JobEvent): void => {
    after = event.id;
    onEvent(event);
  };
  while (!stop.aborted) {
    if ((await hear(`api/v1/jobs/${id}/events?after=${after}`, take, stop)) === "over") return;
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

/** One connection, until it ends. A job that is not there any more is over. */
async function hear(path: string, take: (event: JobEvent) => void, signal: AbortSignal): Promise<"over" | "cut"> {
  try {
    const headers = { accept: "text/event-stream" };
    const response = await fetch(path, { headers, cache: "no-store", signal });
    if (response.status === 204 || response.status === 404) return "over";
    if (!response.ok || response.body === null) return "cut";
    const read = messageReader();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      for (const { event, data } of read(part.value)) {
        if (event === "end") return "over";
        take(JSON.parse(data));
      }
    }
  } catch {} // it comes again
  return "cut";
}
