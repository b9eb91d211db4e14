import type { Command } from "commander";

/** The commands of a program, a group of `--help` after the other. */
export interface Commands {
  /** All of them, also those that were not made. */
  readonly names: readonly string[];
  /** Under this heading stands what is added from here on. */
  group(heading: string): void;
  /** @param define arguments, options and what it does */
  add(name: string, define: (command: Command) => unknown): void;
}

/** Only what may have been asked for is made: a start needs one command or none of thirty, and each has its options. */
export function commandsFor(argv: readonly string[], program: Command): Commands {
  const names: string[] = [];
  const isHelp = argv.some(mayAskForHelp);
  return {
    names,
    group: (heading) => void program.commandsGroup(heading),
    add(name, define) {
      names.push(name);
      if (isHelp || argv.includes(name)) define(program.command(name));
    },
  };
}

/** Help lists all. One letter may stand among others: `-qh`. */
function mayAskForHelp(argument: string): boolean {
  return argument === "--help" || /^-\w*h/.test(argument);
}
