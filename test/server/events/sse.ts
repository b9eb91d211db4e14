import { request } from "node:http";
import { TOKEN } from "../serving.ts";

/** A server-sent event as a client takes it. */
export interface Told {
  readonly id: string | undefined;
  readonly event: string;
  // biome-ignore lint/suspicious/noExplicitAny: what comes is what is tested
  readonly data: any;
}

/** As the standard says how a stream is read: fields by line, an event at each empty line. */
export function parseEvents(text: string): readonly Told[] {
  const blocks = text.split(/\r\n\r\n|\n\n|\r\r/).slice(0, -1);
  return blocks.flatMap((block) => {
    const fields = block.split(/\r\n|\n|\r/).filter((line) => !line.startsWith(":"));
    const all = (name: string) =>
      fields.filter((line) => line.startsWith(`${name}:`)).map((line) => line.slice(name.length + 1).trimStart());
    const data = all("data");
    if (data.length === 0) return [];
    return [{ id: all("id").at(-1), event: all("event").at(-1) ?? "message", data: JSON.parse(data.join("\n")) }];
  });
}

/** A client that stays. */
export interface Client extends Disposable {
  told(event?: string): readonly Told[];
  isOver(): boolean;
  headers(): NodeJS.Dict<string | string[]>;
}

export function sseClient(url: string, path: string, headers: Readonly<Record<string, string>> = {}): Client {
  let [text, isOver] = ["", false];
  let answered: NodeJS.Dict<string | string[]> = {};
  const sent = request(
    `${url}${path}`,
    { agent: false, headers: { accept: "text/event-stream", authorization: `Bearer ${TOKEN}`, ...headers } },
    (response) => {
      answered = response.headers;
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("close", () => {
        isOver = true;
      });
    },
  );
  sent.on("error", () => {
    isOver = true;
  });
  sent.end();
  return {
    told: (event) => parseEvents(text).filter((each) => event === undefined || each.event === event),
    isOver: () => isOver,
    headers: () => answered,
    [Symbol.dispose]: () => void sent.destroy(),
  };
}
