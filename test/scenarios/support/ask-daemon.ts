import { request } from "node:http";
import { json } from "node:stream/consumers";
import type { About, DaemonStatus } from "../../../src/control/protocol.ts";
import type { Story } from "./story.ts";

/** What the daemon of a story answers on its socket, to anybody who speaks HTTP. */
export function statusOf(it: Story): Promise<DaemonStatus> {
  return get(it, "/status");
}

export function aboutOf(it: Story): Promise<About> {
  return get(it, "/about");
}

function get<T>(it: Story, path: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const socketPath = it.at("volume/.packsync/control.sock");
    request({ socketPath, path, agent: false }, (response) =>
      json(response).then((document) => resolve(document as T), reject),
    )
      .on("error", reject)
      .end();
  });
}
