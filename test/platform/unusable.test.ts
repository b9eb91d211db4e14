import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { hintOf, unusable } from "../../src/platform/unusable.ts";
import { scratch } from "../support/trees.ts";

test.for([
  { code: "EROFS", hint: "mount it read-write" },
  { code: "ENOSPC", hint: "make room" },
  { code: "EDQUOT", hint: "make room" },
  { code: "EACCES", hint: "as root" },
  { code: "EINVAL", syscall: "chown", hint: "--owner" },
])("says what to do about $code", ({ code, syscall = "open", hint }) => {
  const error = Object.assign(new Error(`${code}: no`), { code, syscall });
  expect(unusable("the volume /v", error)).toMatchObject({
    code: "VOLUME_UNUSABLE",
    message: `Cannot use the volume /v: ${code}: no.`,
    hint: expect.stringContaining(hint),
    cause: error,
  });
});

test("leaves everything else as it is", () => {
  using directory = scratch();
  for (const work of [() => readFileSync(`${directory.path}/none`), () => readdirSync(import.meta.filename)]) {
    const error = failureOf(work);
    expect([unusable("the volume /v", error), hintOf(error)]).toEqual([error, undefined]);
  }
  expect(unusable("the volume /v", "thrown")).toBe("thrown");
});

function failureOf(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}
