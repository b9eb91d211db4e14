/** What PyYAML's `safe_load` gives, as far as JavaScript has it; the rest are {@link PythonScalar}s. */
export type PythonValue = null | boolean | number | string | PythonScalar | readonly PythonValue[] | PythonMapping;

export interface PythonMapping {
  readonly [key: string]: PythonValue;
}

/**
 * A scalar that JavaScript would spoil. `number`: `text` is how JSON writes it (`1.0` is not `1`, and a large integer keeps all of
 * its digits). `time`: a date, or a date with time, as PostgreSQL prints it. `infinite`: no JSON has it.
 */
export class PythonScalar {
  readonly kind: "number" | "time" | "infinite";
  readonly text: string;

  constructor(kind: PythonScalar["kind"], text: string) {
    this.kind = kind;
    this.text = text;
  }
}

export function isPythonList(value: PythonValue | undefined): value is readonly PythonValue[] {
  return Array.isArray(value);
}

export function isPythonMapping(value: PythonValue | undefined): value is PythonMapping {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof PythonScalar);
}

/** What a mapping says for a key; `undefined`: the key is not there. */
export function pythonAt(mapping: PythonMapping, key: string): PythonValue | undefined {
  return Object.hasOwn(mapping, key) ? mapping[key] : undefined;
}

/** Python's idea of true: nothing that is empty, zero or absent. */
export function isTruthy(value: PythonValue | undefined): boolean {
  if (value instanceof PythonScalar) return !(value.kind === "number" && /^-?[0.]+$/.test(value.text));
  if (Array.isArray(value)) return value.length > 0;
  return isPythonMapping(value) ? Object.keys(value).length > 0 : Boolean(value);
}

/** As JSON has it, for people and programs that need not tell `1.0` from `1`. */
export function plainJson(value: PythonValue): unknown {
  if (value instanceof PythonScalar) return value.kind === "number" ? Number(value.text) : value.text;
  if (Array.isArray(value)) return value.map(plainJson);
  if (!isPythonMapping(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plainJson(each)]));
}

/** What only a {@link PythonScalar} or a key begins with in {@link encodePython}'s JSON. */
const MARK = "\0";

/** As JSON text that {@link decodePython} reads again without loss. */
export function encodePython(value: PythonValue): string {
  return JSON.stringify(needsMark(value) ? marked(value) : value);
}

/** Nearly no value does. */
function needsMark(value: PythonValue | undefined): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (value instanceof PythonScalar) return true;
  if (isPythonList(value)) return value.some(needsMark);
  for (const key of Object.keys(value)) if (key.startsWith(MARK) || needsMark(value[key])) return true;
  return false;
}

function marked(value: PythonValue): unknown {
  if (value instanceof PythonScalar) return { [`${MARK}${value.kind}`]: value.text };
  if (Array.isArray(value)) return value.map(marked);
  if (!isPythonMapping(value)) return value;
  const mapping: Record<string, unknown> = Object.create(null);
  for (const [key, each] of Object.entries(value)) mapping[key.startsWith(MARK) ? MARK + key : key] = marked(each);
  return mapping;
}

export function decodePython(json: string): PythonValue {
  const value: unknown = JSON.parse(json);
  return unmarked(value);
}

const KINDS: ReadonlyMap<string, PythonScalar["kind"]> = new Map(
  (["number", "time", "infinite"] as const).map((kind) => [MARK + kind, kind]),
);

function unmarked(value: unknown): PythonValue {
  if (Array.isArray(value)) return value.map(unmarked);
  if (typeof value !== "object" || value === null) return isPlain(value) ? value : null;
  const entries = Object.entries(value);
  const [key = "", text] = entries[0] ?? [];
  const kind = entries.length === 1 ? KINDS.get(key) : undefined;
  if (kind !== undefined) return new PythonScalar(kind, String(text));
  const mapping: Record<string, PythonValue> = Object.create(null);
  for (const [key, each] of entries) mapping[key.startsWith(MARK) ? key.slice(1) : key] = unmarked(each);
  return mapping;
}

function isPlain(value: unknown): value is null | boolean | number | string {
  return value === null || typeof value === "boolean" || typeof value === "number" || typeof value === "string";
}
