import type { YamlCheck } from "../pack/yaml.ts";
import { parseSimpleYaml } from "../pack/yaml-fast.ts";

/** What it cannot decode becomes U+FFFD, which is not simple. */
const UTF8 = new TextDecoder();

/** As `checkYaml`; the libraries that decide about what is not simple are loaded with the first such file. */
export async function readYaml(bytes: Uint8Array, file: string): Promise<YamlCheck> {
  const text = UTF8.decode(bytes);
  const simple = parseSimpleYaml(text);
  if (simple !== undefined) return { ok: true, value: simple.value, simple: { ...simple, text } };
  const { checkYaml } = await import("../pack/yaml.ts");
  return checkYaml(bytes, file);
}
