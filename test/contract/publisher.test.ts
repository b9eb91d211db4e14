import { renameSync } from "node:fs";
import { describe } from "vitest";
import { exchange } from "../../src/platform/syscalls.ts";
import { asidePath } from "../../src/publish/exchange.ts";
import { type PublisherVariant, publisherContract } from "./publisher.contract.ts";

const variants: readonly PublisherVariant[] = [
  { method: "exchange", swapTrees: exchange, swap: exchange },
  { method: "two-renames", swapTrees: noExchange, swap: twoRenames },
];

describe.for(variants)("the publisher, going live by $method", publisherContract);

/** A kernel or file system without `RENAME_EXCHANGE`. */
function noExchange(): never {
  throw Object.assign(new Error("ENOSYS: renameat2 failed"), { code: "ENOSYS" });
}

function twoRenames(staged: string, live: string): void {
  renameSync(live, asidePath(staged));
  renameSync(staged, live);
  renameSync(asidePath(staged), staged);
}
