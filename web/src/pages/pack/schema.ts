/** One parameter of a component, for a table. */
export interface Parameter {
  readonly name: string;
  readonly type: string;
  readonly isRequired: boolean;
  readonly isSecret: boolean;
  readonly defaultsTo: string | undefined;
  readonly description: string | undefined;
  readonly choices: readonly string[];
}

type Mapping = Readonly<Record<string, unknown>>;

/**
 * What a definition says of its parameters, however it does: names with their schemas (`required: true` in each), or a JSON
 * schema with `properties` and a list `required`. What is neither has no rows.
 */
export function parametersOf(schema: unknown): readonly Parameter[] {
  if (!isMapping(schema)) return [];
  const properties = schema["properties"];
  const isJsonSchema = isMapping(properties) && (schema["type"] === "object" || Array.isArray(schema["required"]));
  const required = isJsonSchema && Array.isArray(schema["required"]) ? schema["required"] : [];
  return Object.entries(isJsonSchema ? properties : schema).map(([name, about]) =>
    parameterOf(name, isMapping(about) ? about : {}, required.includes(name)),
  );
}

function parameterOf(name: string, about: Mapping, isListed: boolean): Parameter {
  const { type, required, secret, description, default: value, enum: choices } = about;
  return {
    name,
    type: typeText(type, about["items"]),
    isRequired: isListed || required === true,
    isSecret: secret === true,
    defaultsTo: value === undefined || value === null ? undefined : valueText(value),
    description: typeof description === "string" ? description.trim() : undefined,
    choices: Array.isArray(choices) ? choices.map(valueText) : [],
  };
}

function typeText(type: unknown, items: unknown): string {
  const name = Array.isArray(type) ? type.map(String).join(" or ") : typeof type === "string" ? type : "any";
  return name === "array" && isMapping(items) ? `array of ${typeText(items["type"], items["items"])}` : name;
}

function valueText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
