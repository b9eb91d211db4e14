import { Command } from "commander";
import { expect, test } from "vitest";
import { commandsFor } from "../../src/cli/commands.ts";

/** What `packsync --help` would list, of a program that has three commands. */
function listed(...argv: readonly string[]) {
  const program = new Command("program");
  const commands = commandsFor(argv, program);
  commands.group("Some:");
  for (const name of ["sync", "plan"]) commands.add(name, (command) => command.description(`${name} it`));
  commands.group("Others:");
  commands.add("pin", (command) => command.option("--for <days>"));
  expect(commands.names).toEqual(["sync", "plan", "pin"]);
  return program.commands.map((command) => `${command.helpGroup()} ${command.name()}`);
}

const ALL = ["Some: sync", "Some: plan", "Others: pin"];

test.for([["--help"], ["-h"], ["-qh"], ["pin", "--help"], ["--volume", "pin", "-h"], ["--", "-h"]])(
  "all commands are there for whoever asks for help: %s",
  (argv) => {
    expect(listed(...argv)).toEqual(ALL);
  },
);

test.for([
  [[], []],
  [["--once", "-q"], []],
  [["plan", "core"], ["Some: plan"]],
  [["--volume", "dir", "pin", "core"], ["Others: pin"]],
  [
    ["pin", "sync"],
    ["Some: sync", "Others: pin"],
  ],
  [["--volume=pin"], []],
  [["unpin", "synced"], []],
] as const)("of other commands only what may be meant is made: %s", ([argv, wanted]) => {
  expect(listed(...argv)).toEqual(wanted);
});
