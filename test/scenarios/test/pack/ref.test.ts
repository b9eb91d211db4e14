import { expect, test } from "vitest";
import { asPackRef, attunePackRef, stackstormPackRef } from "../../src/pack/ref.ts";

test.for([
  { text: "core", attune: true, stackstorm: true },
  { text: "my_pack2", attune: true, stackstorm: true },
  { text: "my-pack", attune: true, stackstorm: false },
  { text: "1password", attune: false, stackstorm: true },
  { text: "_global", attune: false, stackstorm: false },
  { text: "_private", attune: false, stackstorm: true },
  { text: "x", attune: false, stackstorm: true },
  { text: "a".repeat(200), attune: true, stackstorm: true },
  { text: "a".repeat(201), attune: false, stackstorm: false },
  { text: "", attune: false, stackstorm: false },
  { text: "Core", attune: false, stackstorm: false },
  { text: "a.b", attune: false, stackstorm: false },
  { text: "../etc", attune: false, stackstorm: false },
  { text: "core\n", attune: false, stackstorm: false },
  { text: "cöre", attune: false, stackstorm: false },
])("judges $text by both dialects", ({ text, attune, stackstorm }) => {
  expect(attunePackRef(text)).toBe(attune ? text : undefined);
  expect(stackstormPackRef(text)).toBe(stackstorm ? text : undefined);
  expect(asPackRef(text)).toBe(attune || stackstorm ? text : undefined);
});
