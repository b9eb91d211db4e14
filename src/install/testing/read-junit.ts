import {
  type Results,
  resultsOf,
  shortMessage,
  shortName,
  type TestCase,
  testCase,
  type Unreadable,
} from "./results.ts";

/** JUnit's XML, as pytest, Node and many others write it. There are no entities but XML's own: none can grow. */
export async function readJunit(xml: string): Promise<Results | Unreadable> {
  const { SaxesParser } = await import("saxes");
  const parser = new SaxesParser();
  const cases: TestCase[] = [];
  let open: Open | undefined;
  let text = "";
  parser.on("opentag", ({ name, attributes }) => {
    text = "";
    if (name === "testcase") open = opened(attributes);
    else if (open !== undefined) mark(open, name, attributes["message"]);
  });
  parser.on("text", (piece) => {
    text += piece;
  });
  parser.on("cdata", (piece) => {
    text += piece;
  });
  parser.on("closetag", ({ name }) => {
    if (open === undefined) return;
    if (name === "testcase") {
      cases.push(closedCase(open));
      open = undefined;
    } else if (name === "failure" || name === "error") open.message ??= text.trim() || (open.said ?? "");
    else if (name === "system-out") open.stdout = text;
    else if (name === "system-err") open.stderr = text;
  });
  try {
    parser.write(xml).close();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { problem: `Expected results as JUnit XML, got what is none (${reason.slice(0, 200)})` };
  }
  return resultsOf(cases);
}

/** A `testcase` while it is read. */
interface Open {
  readonly name: string;
  readonly durationMs: number;
  status: TestCase["status"];
  said?: string;
  message?: string;
  stdout?: string;
  stderr?: string;
}

function opened({ name = "", classname, time }: Readonly<Record<string, string>>): Open {
  const group = classname === undefined || classname === "test" ? "" : `${classname} > `;
  const seconds = Number(time);
  return { name: shortName(group + name), durationMs: seconds > 0 ? Math.round(seconds * 1000) : 0, status: "passed" };
}

/** A test that is to be done may fail: it is skipped, whatever else is said. */
function mark(open: Open, tag: string, message: string | undefined): void {
  if (tag === "skipped") open.status = "skipped";
  if ((tag === "failure" || tag === "error") && open.status !== "skipped")
    open.status = tag === "error" ? "error" : "failed";
  if (message !== undefined) open.said ??= message;
}

function closedCase({ name, durationMs, status, said, message, stdout, stderr }: Open): TestCase {
  const is = (wanted: string | undefined) => (wanted === undefined ? undefined : shortMessage(wanted));
  return testCase(name, status, {
    durationMs,
    errorMessage: is(message ?? said),
    stdout: is(stdout),
    stderr: is(stderr),
  });
}
