// Makes docs/preserving-binaries.md from the code. With `--write` it writes the page, else it only says whether the page
// is what the code gives, as the tests do.
import { readFileSync, writeFileSync } from "node:fs";
import { preservingBinariesPage } from "./preserving-binaries/page.ts";

const file = new URL("../docs/preserving-binaries.md", import.meta.url);
const page = preservingBinariesPage();

if (process.argv.includes("--write")) {
  writeFileSync(file, page);
} else if (readFileSync(file, "utf8") !== page) {
  console.error("docs/preserving-binaries.md is not what the code gives: run `npm run docs`, and read what changed.");
  process.exitCode = 1;
}
