import { writeSync } from "node:fs";

const ESC = "\u001b[";
/** Whoever shows what is between these two shows it at once; others leave them out. */
const [BEGIN, END] = [`${ESC}?2026h`, `${ESC}?2026l`];
/** The other screen, no cursor, and what is too long stays on its line. */
const ENTER = `${ESC}?1049h${ESC}?25l${ESC}?7l`;
const LEAVE = `${ESC}?2026l${ESC}0m${ESC}?7h${ESC}?25h${ESC}?1049l`;

/** All of a terminal, for as long as it is not disposed; whatever ends the process, the terminal becomes as it was. */
export interface Screen extends Disposable {
  /** In characters; a terminal that does not know gets the usual ones. */
  size(): { readonly columns: number; readonly rows: number };
  /** Writes those lines that are not as they were. */
  draw(lines: readonly string[]): void;
  /** Forgets what stands there: somebody else has written, or the terminal has another size. */
  forget(): void;
  /** For as long as the process is stopped. */
  leave(): void;
  enter(): void;
}

/** @param stream stdout, which is a terminal */
export function openScreen(stream: NodeJS.WriteStream): Screen {
  let last: readonly string[] | undefined;
  let isEntered = false;
  const enter = (): void => {
    isEntered = true;
    last = undefined;
    stream.write(ENTER);
  };
  const leave = (): void => {
    if (!isEntered) return;
    isEntered = false;
    writeNow(LEAVE);
  };
  process.on("exit", leave);
  process.on("uncaughtExceptionMonitor", leave); // what it says then stays to be read
  enter();
  return {
    size: () => ({ columns: stream.columns || 80, rows: stream.rows || 24 }),
    draw(lines) {
      const news = isEntered ? difference(last, lines) : "";
      last = lines;
      if (news !== "") stream.write(BEGIN + news + END);
    },
    forget() {
      last = undefined;
    },
    leave,
    enter,
    [Symbol.dispose]() {
      leave();
      process.off("exit", leave).off("uncaughtExceptionMonitor", leave);
    },
  };
}

/** A line is erased behind what was written: nothing is blank in between. */
function difference(before: readonly string[] | undefined, now: readonly string[]): string {
  const lines = now
    .map((line, index) => (before?.[index] === line ? "" : `${at(index)}${line}${ESC}0m${ESC}K`))
    .join("");
  if (before === undefined) return `${at(0)}${ESC}J${lines}`;
  return now.length < before.length ? `${lines}${at(now.length)}${ESC}J` : lines;
}

function at(index: number): string {
  return `${ESC}${index + 1};1H`;
}

/** The process may be gone in a moment, and so may be the terminal. */
function writeNow(text: string): void {
  try {
    writeSync(STDOUT, text);
  } catch {} // then there is nothing to be restored
}

const STDOUT = 1;
