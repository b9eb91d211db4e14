// Preloaded into the real program: writes down, when it ends, what it took of the machine.
import { writeFileSync } from "node:fs";

process.on("exit", () =>
  writeFileSync(process.env["PACKSYNC_TEST_USAGE"] ?? "", JSON.stringify(process.resourceUsage())),
);
