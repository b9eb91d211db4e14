// Holds a volume's lock until it is killed: node lock-holder.ts <lock file>
import { acquireLock } from "../../../src/publish/lock.ts";
import { serve } from "./serve.ts";

const [path = ""] = process.argv.slice(2);
const about = { version: "0.0.1", doing: "holding on", owner: undefined, timeoutSeconds: 5, onWait: () => {} };
const locked = acquireLock({ path, ...about }, new AbortController().signal);

serve(async () => {
  await locked;
});
