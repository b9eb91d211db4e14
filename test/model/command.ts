import type fc from "fast-check";
import { expect } from "vitest";
import { expectEqual, expectNothingToDo, inodesOf } from "./checks.ts";
import type { Machine } from "./machine.ts";
import { type Model, sync } from "./model.ts";

export type Command = fc.AsyncCommand<Model, Machine>;

/** One kind of event: whether it can happen, what it does to the model, and the same for real. */
interface Operation {
  readonly title: string;
  readonly isPossible: (model: Model) => boolean;
  readonly run: (model: Model, machine: Machine) => void | Promise<void>;
}

export function command({ title, isPossible, run }: Operation): Command {
  return {
    check: (model) => isPossible(model),
    run: async (model, machine) => await run(model, machine),
    toString: () => title,
  };
}

/** One sync, and everything that has to be true after it. */
export function syncs(allowRemovals: boolean): Command {
  const run = async (model: Model, machine: Machine) => {
    const before = inodesOf(machine);
    const expected = sync(model, allowRemovals);
    expect(await machine.sync(allowRemovals)).toEqual(expected);
    expectEqual(model, machine, before);
    await expectNothingToDo(model, machine, allowRemovals);
  };
  return command({ title: `sync${allowRemovals ? " --allow-removals" : ""}`, isPossible: () => true, run });
}
