/** Under which names the loader looks for the runtime of an action, in this order. */
const ACTION_RUNTIMES: Readonly<Record<string, readonly string[]>> = {
  shell: ["shell", "core.shell"],
  python: ["python", "core.python"],
  python3: ["python", "core.python"],
  node: ["node.js", "nodejs", "core.nodejs"],
  nodejs: ["node.js", "nodejs", "core.nodejs"],
  "node.js": ["node.js", "nodejs", "core.nodejs"],
  native: ["native", "core.native"],
};

export function actionRuntimes(runner: string): readonly string[] {
  return Object.hasOwn(ACTION_RUNTIMES, runner) ? (ACTION_RUNTIMES[runner] ?? []) : [runner];
}

/** Which runtime an entry point is for, where an action does not say. */
export function guessedRunner(entryPoint: string): string {
  if (entryPoint.endsWith(".py")) return "python";
  return entryPoint.endsWith(".js") ? "node.js" : "shell";
}

const SENSOR_RUNTIMES: Readonly<Record<string, string>> = {
  native: "core.native",
  standalone: "core.native",
  builtin: "core.native",
  shell: "core.shell",
  bash: "core.shell",
  sh: "core.shell",
  python: "core.python",
  python3: "core.python",
  node: "core.nodejs",
  nodejs: "core.nodejs",
  "node.js": "core.nodejs",
};

/** What the sensor's `runtime_ref` is; anything unknown is taken for a ref. */
export function sensorRuntime(runner: string): string {
  return Object.hasOwn(SENSOR_RUNTIMES, runner) ? (SENSOR_RUNTIMES[runner] ?? runner) : runner;
}
