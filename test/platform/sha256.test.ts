import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { sha256, sha256Stream } from "../../src/platform/sha256.ts";

const bytes = Buffer.alloc(3_000_000, "some bytes, not all alike");

test.for([
  { title: "nothing", data: "" },
  { title: "no bytes", data: new Uint8Array() },
  { title: "a text that is not ASCII", data: "schön" },
  { title: "much", data: bytes },
  { title: "a part of what lies in memory", data: bytes.subarray(1_000_001, 1_000_100) },
])("says the digest of $title", ({ data }) => {
  const expected = createHash("sha256").update(data).digest("hex");
  expect(sha256(data)).toBe(expected);
  expect(sha256Stream().update(data).digest("hex")).toBe(expected);
});

test("does not load Node's crypto for it, where Node brings OpenSSL along", () => {
  const module = new URL("../../src/platform/sha256.ts", import.meta.url).href;
  const program = `import { sha256 } from "${module}"; sha256("some");
    process.stdout.write(String(process.moduleLoadList.includes("NativeModule crypto")));`;
  expect(execFileSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" })).toBe("false");
});
