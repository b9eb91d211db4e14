// `packsync.js`, which starts the program. Node's compile cache has of a file what V8 compiles at once, which is hardly any function; compiling the rest is a tenth of
// a run with nothing to do, and more of one that publishes. So what V8 has compiled when it was used is kept beside it (scripts/warm-up.ts), for this version of Node.
import { readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { Script } from "node:vm";

const program = `${__dirname}/main.js`;
const kept = `${__dirname}/main-${process.version}-${process.arch}.compiled`;

if (Number.parseInt(process.versions.node, 10) < 24) {
  process.stderr.write(`packsync: Expected Node 24 or newer, got ${process.versions.node}.\n`);
  process.exit(2);
}
enableCompileCache({ directory: `${__dirname}/compile-cache`, portable: true }); // for all other files
if (process.env["KEEP_COMPILED"] !== undefined) runAndKeep();
else if (isKept()) run(compile());
else require(program);

/** As `make` would: whoever changes the program by hand has it compiled. */
function isKept(): boolean {
  const before = statSync(kept, { throwIfNoEntry: false });
  return before !== undefined && before.mtimeMs >= statSync(program).mtimeMs;
}

/** What V8 does not take, because it has other flags, it compiles itself. */
function compile(): Script {
  const source = `(function (exports, require, module, __filename, __dirname) {${readFileSync(program, "latin1")}\n})`;
  return new Script(source, { filename: program, ...(isKept() && { cachedData: readFileSync(kept) }) });
}

function run(script: Script): void {
  script.runInThisContext()(exports, require, module, program, __dirname);
}

/** What was kept before is kept, too. */
function runAndKeep(): void {
  const script = compile();
  run(script);
  process.on("exit", () => {
    process.getBuiltinModule("node:v8").setFlagsFromString("--semi-space-growth-factor=2"); // as it was when it started
    writeFileSync(`${kept}.${process.pid}`, script.createCachedData());
    renameSync(`${kept}.${process.pid}`, kept);
  });
}
