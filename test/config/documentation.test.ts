import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import * as z from "zod/mini";
import { runSettings } from "../../src/config/schema.ts";
import { flagOf, SETTINGS, variablesOf } from "../../src/config/settings.ts";
import { load } from "./scratch.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/configuration.md"), "utf8");
const example = /```yaml\n(?<yaml>[^`]+)```/.exec(page)?.groups?.["yaml"] ?? "";

describe("docs/configuration.md", () => {
  test("has an example that says what is the default anyway", async () => {
    const { config, origins } = await load({ files: { "packsync.yaml": example } });
    expect(config).toEqual((await load({})).config);
    expect(origins.get("history.keep")).toMatchObject({ from: "file" });
  });

  test("has an example whose commented lines are right, too", async () => {
    const { config } = await load({ files: { "packsync.yaml": example.replace(/^# (?=\w+: )/gm, "") } });
    expect(config).toMatchObject({ stateDir: "/var/lib/packsync", owner: { uid: 1000, gid: 1000 }, require: ["core"] });
  });

  test.for(SETTINGS)("has a row for $key", (setting) => {
    const { key, option, runOnly } = setting;
    const cells = [
      runOnly === undefined ? `\`${key}\`` : "flag and variable only",
      option === undefined ? "" : `\`${flagOf(option)}\``,
      variablesOf(setting)
        .map((name) => `\`${name}\``)
        .join(", "),
    ];
    const row = page.split("\n").find((line) => line.startsWith(`| ${cells.join(" | ")} |`.replaceAll("|  ", "| ")));
    expect(row, cells.join()).toContain(` | ${descriptionOf(key)} |`);
  });
});

interface JsonSchema {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly anyOf?: readonly JsonSchema[];
}

/** The schema has what is given to it. */
const given: Record<string, Record<string, null>> = {};
for (const { key } of SETTINGS) {
  const [section = "", setting] = key.split(".");
  given[section] = { ...given[section], ...(setting && { [setting]: null }) };
}
const EVERYTHING = z.toJSONSchema(runSettings(given), { io: "input" }) as JsonSchema;

function descriptionOf(key: string): string | undefined {
  const schema = key
    .split(".")
    .reduce<JsonSchema | undefined>((schema, name) => (schema?.anyOf?.[0] ?? schema)?.properties?.[name], EVERYTHING);
  return schema?.description;
}
