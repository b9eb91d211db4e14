import type { CommandContext } from "../context.ts";
import { paintFor } from "../text.ts";
import type { Display } from "./display.ts";
import { frame } from "./frame.ts";
import { hearKeys } from "./keys.ts";
import { terminalLine } from "./line.ts";
import { openScreen } from "./screen.ts";
import { shownIn } from "./signs.ts";
import type { View } from "./view.ts";

/** A terminal with all that is shown on it, whatever size it gets. `end`: what a person at the keyboard may want. */
export function terminalOn({ stdout, env }: Pick<CommandContext, "stdout" | "env">, end: () => void): Display {
  const paint = paintFor(stdout);
  const shown = shownIn(env);
  const screen = openScreen(stdout);
  let last: View | undefined;
  const draw = (): void => {
    if (last === undefined) return;
    const lines = frame(last, { ...screen.size(), shown }, new Date());
    screen.draw(lines.map((line) => terminalLine(line, paint)));
  };
  const redraw = (): void => {
    screen.forget();
    draw();
  };
  const keys = hearKeys(process.stdin, {
    onEnd: end,
    onRedraw: redraw,
    onStop() {
      screen.leave();
      keys.release();
      process.kill(process.pid, "SIGTSTP");
    },
  });
  const onContinue = (): void => {
    keys.listen(); // the shell has had the terminal meanwhile
    screen.enter();
    draw();
  };
  stdout.on("resize", redraw);
  process.on("SIGCONT", onContinue);
  return {
    show(view) {
      last = view;
      draw();
    },
    [Symbol.dispose]() {
      stdout.off("resize", redraw);
      process.off("SIGCONT", onContinue);
      keys[Symbol.dispose]();
      screen[Symbol.dispose]();
    },
  };
}
