import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { VERSION } from "../../src/platform/version.ts";

test("is package.json's", () => {
  const manifest: { version: string } = JSON.parse(
    readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
  );
  expect(VERSION).toBe(manifest.version);
});
