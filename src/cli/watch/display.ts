import type { View } from "./view.ts";

/** Where a view goes. */
export interface Display extends Disposable {
  show(view: View): void;
}
