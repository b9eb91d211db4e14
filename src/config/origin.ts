/** Where a value came from. `name` as a person writes it; `line` and `column` of the key, counted from 1. */
export type Origin =
  | { readonly from: "flag"; readonly name: string }
  | { readonly from: "environment"; readonly name: string }
  | { readonly from: "file"; readonly file: string; readonly line: number; readonly column: number }
  | { readonly from: "preset"; readonly name: string }
  | { readonly from: "default" };

/** An origin in a few characters: `--volume`, `PACKSYNC_VOLUME`, `/etc/packsync/defaults.yaml:3`, `default`. */
export function originText(origin: Origin): string {
  switch (origin.from) {
    case "flag":
    case "environment":
      return origin.name;
    case "file":
      return `${origin.file}:${origin.line}`;
    case "preset":
      return `preset ${origin.name}`;
    case "default":
      return "default";
    default:
      return origin satisfies never;
  }
}
