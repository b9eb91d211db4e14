import { expect, test } from "vitest";
import { inOneLine } from "../src/errors.ts";

test.for([
  { message: "It is full.", hint: "Make room.", line: "It is full. Make room." },
  { message: "Expected a, got `b`", hint: "Write a.", line: "Expected a, got `b`. Write a." },
  { message: "Why this?", hint: "Leave it.", line: "Why this? Leave it." },
  { message: "Expected a, got `b`", hint: undefined, line: "Expected a, got `b`" },
])("in one line `$message` and its hint are sentences", ({ message, hint, line }) => {
  expect(inOneLine(message, hint)).toBe(line);
});
