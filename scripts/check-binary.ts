// Says whether a file is a static executable for a machine, as packsync sees it; ends with 1 if it is not.
// usage: node scripts/check-binary.ts <file> <machine>
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { checkBinary } from "../src/pack/binaries.ts";
import { bytesSource, parseElf } from "../src/pack/elf.ts";

const [path = "", machine = ""] = process.argv.slice(2);
const file = basename(path);
const elf = parseElf(bytesSource(readFileSync(path)));
const findings = elf === undefined ? [] : checkBinary({ file, elf, arch: [machine] });

if (elf === undefined) {
  process.stdout.write(`Expected a binary, got something else: \`${file}\`\n`);
} else {
  for (const { message } of findings) process.stdout.write(`${message}\n`);
  if (findings.length === 0) process.stdout.write(`\`${file}\` is static, for \`${elf.machine}\`\n`);
}
process.exitCode = elf === undefined || findings.length > 0 ? 1 : 0;
