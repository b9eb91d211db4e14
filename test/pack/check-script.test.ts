import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkPack } from "../../src/pack/check-pack.ts";
import { scriptFacts } from "../../src/pack/scripts.ts";
import { across, wholePack } from "../support/whole-pack.ts";

function action(runner: string, file: string, more = ""): Record<string, string> {
  return { "actions/a.yaml": `ref: demo.a\nrunner_type: ${runner}\nentry_point: ${file}\n${more}` };
}

describe("the first line", () => {
  test.for([
    { title: "is fine", runner: "shell", script: "#!/bin/sh\n", expected: [] },
    {
      title: "is fine with env and an option",
      runner: "python",
      script: "#!/usr/bin/env -S python3 -u\n",
      expected: [],
    },
    {
      title: "ends with CRLF",
      runner: "shell",
      script: "#!/bin/sh\r\necho\r\n",
      expected: ["warning script.crlf_shebang actions/a.x"],
    },
    {
      title: "hides behind a byte order mark",
      runner: "shell",
      script: "\uFEFF#!/bin/sh\n",
      expected: ["warning script.invalid_shebang actions/a.x"],
    },
    {
      title: "is the second one",
      runner: "shell",
      script: "\n#!/bin/sh\n",
      expected: ["warning script.invalid_shebang actions/a.x"],
    },
    {
      title: "has no absolute path",
      runner: "python",
      script: "#! python3\n",
      expected: ["warning script.invalid_shebang actions/a.x"],
    },
    {
      title: "says nothing",
      runner: "shell",
      script: "#!\n",
      expected: ["warning script.invalid_shebang actions/a.x"],
    },
    {
      title: "gives env two words",
      runner: "python",
      script: "#!/usr/bin/env python3 -u\n",
      expected: ["warning script.invalid_shebang actions/a.x"],
    },
    {
      title: "gives env none",
      runner: "python",
      script: "#!/usr/bin/env\n",
      expected: ["warning script.invalid_shebang actions/a.x"],
    },
  ])("$title", ({ runner, script, expected }) => {
    expect(across({ ...action(runner, "a.x"), "actions/a.x": script })).toEqual(expected);
  });

  test.for([
    {
      title: "matters to a native runner",
      runner: "native",
      file: "a.sh",
      expected: ["warning script.no_shebang actions/a.sh"],
    },
    {
      title: "tells people which shell",
      runner: "shell",
      file: "a.sh",
      expected: ["hint script.no_shebang actions/a.sh"],
    },
    { title: "is nothing that Python needs", runner: "python", file: "a.py", expected: [] },
  ])("that is missing $title", ({ runner, file, expected }) => {
    expect(across({ ...action(runner, file), [`actions/${file}`]: "echo\n" })).toEqual(expected);
  });
});

describe("the runner", () => {
  test.for([
    { runner: "python", file: "a.sh", script: "#!/bin/sh\n", isWrong: true },
    { runner: "shell", file: "a.py", script: "#!/usr/bin/python3\n", isWrong: true },
    { runner: "nodejs", file: "a", script: "#!/usr/bin/env python3\n", isWrong: true },
    { runner: "Shell", file: "a", script: "#!/bin/bash\n", isWrong: false },
    { runner: "node", file: "a.mjs", script: "x", isWrong: false },
    { runner: "native", file: "a.py", script: "#!/usr/bin/python3\n", isWrong: false },
    { runner: "constructor", file: "a.py", script: "x", isWrong: false },
  ])("$runner of $file: $isWrong", ({ runner, file, script, isWrong }) => {
    const expected = isWrong ? ["warning script.runner_mismatch actions/a.yaml"] : [];
    expect(across({ ...action(runner, file), [`actions/${file}`]: script })).toEqual(expected);
  });
});

describe("a parameter in the environment", () => {
  const parameters = "parameters:\n  message: {type: string}\n  api-url: {type: string}\n";
  const CODE = "script.parameter_not_in_environment";

  test.for([
    { title: "of the shell", file: "a.sh", script: '#!/bin/sh\necho "$ATTUNE_MESSAGE"\n', line: 2, column: 8 },
    {
      title: "in braces",
      file: "a.sh",
      script: `#!/bin/sh\n\necho \${ATTUNE_ACTION_MESSAGE:-x}\n`,
      line: 3,
      column: 8,
    },
    { title: "of Python", file: "a.py", script: "import os\nx = os.environ['ATTUNE_MESSAGE']\n", line: 2, column: 17 },
    {
      title: "of Python, asked for",
      file: "a.py",
      script: "x = os.environ.get('ATTUNE_PARAM_MESSAGE')\n",
      line: 1,
      column: 21,
    },
    {
      title: "of Node",
      file: "a.js",
      script: "process.env.ATTUNE_API_URL_\nprocess.env.ATTUNE_MESSAGE\n",
      line: 2,
      column: 13,
    },
  ])("$title never arrives", ({ file, script, line, column }) => {
    const runner = { sh: "shell", py: "python", js: "node" }[file.slice(2)] ?? "";
    const found = checkPack(wholePack({ ...action(runner, file, parameters), [`actions/${file}`]: script }));
    expect(found).toMatchObject([{ severity: "warning", code: CODE, file: `actions/${file}`, line, column }]);
  });

  test.for([
    { title: "is what the worker sets", script: "#!/bin/sh\necho $ATTUNE_API_URL\n" },
    { title: "is no parameter", script: "#!/bin/sh\necho $ATTUNE_OTHER\n" },
    { title: "is set by the script", script: "#!/bin/sh\nATTUNE_MESSAGE=$(cat)\necho $ATTUNE_MESSAGE\n" },
    { title: "is in a comment", script: "#!/bin/sh\n# echo $ATTUNE_MESSAGE\n" },
  ])("that $title is fine", ({ script }) => {
    expect(across({ ...action("shell", "a.sh", parameters), "actions/a.sh": script })).toEqual([]);
  });
});

test("a script that two actions run is judged once", () => {
  const files = {
    ...action("shell", "a.sh"),
    "actions/b.yaml": "ref: demo.b\nentry_point: a.sh\n",
    "actions/a.sh": "#! sh\n",
  };
  expect(across(files)).toEqual(["warning script.invalid_shebang actions/a.sh"]);
});

test("any bytes are a script or none", () => {
  const piece = fc.constantFrom("#!", "/bin/sh", "\n", "\r\n", "$ATTUNE_", "ATTUNE_A=", "\0", "env", " ");
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.array(piece).map((pieces) => Buffer.from(pieces.join(""))),
  );
  fc.assert(
    fc.property(bytes, (content) => {
      const facts = scriptFacts("actions/a.sh", content);
      const lines = new TextDecoder().decode(content).split("\n");
      for (const { name, range } of facts?.variables ?? []) {
        expect(lines[range.line - 1]?.slice(range.column - 1, range.endColumn - 1)).toBe(name);
      }
      expect(across({ ...action("shell", "a.sh"), "actions/a.sh": Buffer.from(content).toString() })).toBeInstanceOf(
        Array,
      );
    }),
  );
});
