import type { Deliveries } from "../signal/deliveries.ts";

/** What is remembered, and becomes another with everything that happens. */
export interface Remembered {
  deliveries: Deliveries;
}
