import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import { expect, test } from "vitest";
import { served } from "./serving.ts";

const endings = {
  "before it answers": (response: ServerResponse) => void response.socket?.destroy(),
  "in mid-answer": (response: ServerResponse) => void response.write('{"pid":', () => response.socket?.destroy()),
};
const cases = ["/readyz", "/api/v1/overview"].flatMap((path) =>
  Object.entries(endings).map(([when, end]) => ({ path, when, end })),
);

test.for(cases)("a daemon that ends $when is one that is not there: $path", async ({ path, end }) => {
  await using it = await served();
  expect(it.once().code).toBe(0);
  mkdirSync(it.at("volume/.packsync"), { recursive: true });
  const daemon = createServer(({ url }, response) => {
    if (url === "/about") response.end("{}");
    else end(response);
  }).listen(it.at("volume/.packsync/control.sock"));
  await once(daemon, "listening");
  try {
    const answer = await it.send("GET", path);
    expect({ status: answer.status, errors: it.errors }, answer.text).toEqual({ status: 200, errors: [] });
  } finally {
    daemon.close();
  }
});
