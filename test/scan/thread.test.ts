import { expect, test } from "vitest";
import { startScanThread } from "../../src/scan/thread.ts";

test("a thread that died has no room: everything is scanned without it", async () => {
  await using thread = startScanThread(new URL("data:text/javascript,throw new Error('it died')"));
  const read = thread.read({ at: { source: { name: "x", path: "/", kind: "production" }, directory: "x" } } as never);
  await expect(read).rejects.toThrow("it died");
  expect(thread.hasRoom()).toBe(false);
});
