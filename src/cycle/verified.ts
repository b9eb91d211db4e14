import type { PrunedForGood } from "../publish/retention.ts";
import type { Repair } from "./repair.ts";
import type { PackVerification } from "./verify.ts";

/** A pack that was verified, and what was done about it. */
export interface Verified extends Omit<PackVerification, "unnoticed"> {
  /** The source's bytes are others although its stamps are the same. */
  readonly sourceUnnoticed: boolean;
  readonly repair?: Repair;
  readonly pruned?: PrunedForGood;
}
