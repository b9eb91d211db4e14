import { labelOf } from "./generated.ts";
import type { PackRef } from "./ref.ts";

/** One file of a pack that is made; `mode` is 0o644 or 0o755. */
export interface TemplateFile {
  readonly path: string;
  readonly mode: number;
  readonly text: string;
}

/** A pack to start with: an action, its script, and a test that runs it. */
export function packTemplate(ref: PackRef): readonly TemplateFile[] {
  return [
    { path: "pack.yaml", mode: 0o644, text: manifest(ref) },
    { path: "actions/hello.yaml", mode: 0o644, text: action(ref) },
    { path: "actions/hello.sh", mode: 0o755, text: SCRIPT },
    { path: "tests/run_tests.sh", mode: 0o755, text: TEST },
  ];
}

/** Quoted: `null` is a ref, too. */
function manifest(ref: PackRef): string {
  return `ref: "${ref}"
label: "${labelOf(ref)}"
description: What it is for
version: "0.1.0"
enabled: true
runtime_deps:
  - shell
dependencies: []

testing:
  enabled: true
  discovery:
    method: directory
    path: tests
  runners:
    shell:
      type: script
      entry_point: tests/run_tests.sh
      timeout: 60
      result_format: simple
`;
}

function action(ref: PackRef): string {
  return `ref: ${ref}.hello
label: Hello
description: Greets somebody
enabled: true
runner_type: shell
entry_point: hello.sh
parameter_delivery: stdin
parameter_format: dotenv
output_format: text
parameters:
  name:
    type: string
    description: Who is greeted
    default: world
`;
}

const SCRIPT = `#!/bin/sh
# The parameters come on stdin, each as a line: name='value'
set -eu

name=world
while IFS= read -r line || [ -n "$line" ]; do
  case $line in
    name=*)
      name=\${line#name=}
      name=\${name#\\'}
      name=\${name%\\'}
      ;;
  esac
done

printf 'Hello, %s!\\n' "$name"
`;

const TEST = `#!/bin/sh
# Runs the action for real. The totals at the end are what the test runner reads.
set -eu
cd -- "$(dirname -- "$0")/.."

passed=0
failed=0

# check TITLE EXPECTED: runs the action with this function's stdin
check() {
  if [ "$(actions/hello.sh)" = "$2" ]; then
    passed=$((passed + 1))
    printf 'ok      %s\\n' "$1"
  else
    failed=$((failed + 1))
    printf 'FAILED  %s\\n' "$1"
  fi
}

check 'greets the world without a name' 'Hello, world!' </dev/null
check 'greets by name' 'Hello, Ada!' <<'STDIN'
name='Ada'
STDIN

printf '\\nTotal Tests: %s\\nPassed: %s\\nFailed: %s\\nSkipped: 0\\n' $((passed + failed)) "$passed" "$failed"
[ "$failed" -eq 0 ]
`;
