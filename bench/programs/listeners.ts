import { get, type IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

/*
 * An office that looks at one daemon: `node listeners.ts <url> <token> <listeners>`. So many live streams of events, and a scraper that
 * asks for the metrics every second. Prints a line when all are connected, and goes on until SIGTERM; ends with 1 if a stream ended, if one heard
 * less than another, or if a scrape failed.
 */

const [url = "", token = "", count = ""] = process.argv.slice(2);
const headers = { authorization: `Bearer ${token}` };
const heard: number[] = Array.from({ length: Number(count) }, () => 0);

function open(path: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get(`${url}${path}`, { headers, agent: false }, (response) => {
      if (response.statusCode === 200) resolve(response);
      else reject(new Error(`Expected ${path} to be answered, got ${response.statusCode}`));
    }).once("error", reject);
  });
}

async function listen(index: number): Promise<void> {
  const stream = await open("/api/v1/events?status=true");
  stream.setEncoding("utf8");
  stream.on("data", (text: string) => {
    heard[index] = (heard[index] ?? 0) + text.split("\nevent: event\n").length - 1;
  });
  stream.once("close", () => fail(new Error(`Expected stream ${index} to stay, got its end`)));
}

async function scrape(): Promise<never> {
  for (;;) {
    const response = await open("/metrics");
    await response.toArray();
    await sleep(1000);
  }
}

function fail(error: unknown): void {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
}

/** What was said last may still be on its way to some of them. */
const REST_MS = 500;

async function stop(): Promise<void> {
  await sleep(REST_MS);
  const [least, most] = [Math.min(...heard), Math.max(...heard)];
  if (least !== most || most === 0) fail(new Error(`Expected all to hear the same, got ${least} to ${most} events`));
  process.exit(0);
}

process.once("SIGTERM", () => void stop());
await Promise.all(heard.map((_, index) => listen(index))).catch(fail);
process.stdout.write("listening\n");
await scrape().catch(fail);
