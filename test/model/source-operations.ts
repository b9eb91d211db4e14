import { type Command, command, syncs } from "./command.ts";
import type { ModelFile } from "./content.ts";
import type { How } from "./machine.ts";
import { freshPack, type Model, nameOf, type Place } from "./model.ts";
import { put, treeOf } from "./tree.ts";

function touchSource({ touched }: Model, ...places: readonly Place[]): void {
  for (const place of places) touched.add(place);
}

export function edits(place: Place, path: string, file: ModelFile, how: How, isSetBack: boolean): Command {
  return command({
    title: `${place}/${path} = ${file.content} ${file.mode.toString(8)} (${how}${isSetBack ? ", set back" : ""})`,
    isPossible: ({ sources }) => sources.has(place),
    run(model, machine) {
      put(model.sources.get(place) ?? treeOf([]), path, file);
      touchSource(model, place);
      machine.write(`${place}/${path}`, file, how);
      if (isSetBack) machine.setBack(`${place}/${path}`);
    },
  });
}

/** Other bytes of the same number, in place, and the mtime of before: only ctime tells. */
export function overwrites(place: Place, path: string): Command {
  const swapped = (content = "") => content.replace(/[12]$/, (number) => (number === "1" ? "2" : "1"));
  return command({
    title: `overwrite ${place}/${path}, and keep its time`,
    isPossible: ({ sources }) => /[12]$/.test(sources.get(place)?.files.get(path)?.content ?? ""),
    async run(model, machine) {
      const { content, mode } = model.sources.get(place)?.files.get(path) ?? { content: "text 1", mode: 0o644 };
      machine.setBack(`${place}/${path}`);
      touchSource(model, place);
      await syncs(false).run(model, machine);
      await edits(place, path, { content: swapped(content), mode }, "in place", true).run(model, machine);
    },
  });
}

export function removesFile(place: Place, path: string): Command {
  return command({
    title: `rm ${place}/${path}`,
    isPossible: ({ sources }) => sources.get(place)?.files.has(path) === true,
    run(model, machine) {
      model.sources.get(place)?.files.delete(path);
      touchSource(model, place);
      machine.remove(`${place}/${path}`);
    },
  });
}

export function breaks(place: Place, path: string): Command {
  return edits(place, path, { content: "broken", mode: 0o644 }, "in place", false);
}

export function mends(place: Place): Command {
  return command({
    title: `mend ${place}`,
    isPossible: ({ sources }) => sources.has(place),
    run(model, machine) {
      for (const [path, file] of freshPack(nameOf(place)).files) {
        if (model.sources.get(place)?.files.get(path)?.content !== "broken") continue;
        put(model.sources.get(place) ?? treeOf([]), path, file);
        touchSource(model, place);
        machine.write(`${place}/${path}`, file, "rename");
      }
    },
  });
}

export function renamesRef(place: Place): Command {
  const file = { content: `manifest ${nameOf(place)}2`, mode: 0o644 };
  return edits(place, "pack.yaml", file, "in place", false);
}

export function moves(from: Place, to: Place): Command {
  return command({
    title: `mv ${from} ${to}`,
    isPossible: ({ sources }) => nameOf(from) === nameOf(to) && sources.has(from) && !sources.has(to),
    run(model, machine) {
      model.sources.set(to, model.sources.get(from) ?? treeOf([]));
      model.sources.delete(from);
      touchSource(model, from, to);
      machine.move(from, to);
    },
  });
}

export function begins(place: Place): Command {
  return command({
    title: `begin ${place}`,
    isPossible: ({ sources }) => !sources.has(place),
    run(model, machine) {
      model.sources.set(place, freshPack(nameOf(place)));
      touchSource(model, place);
      machine.writeTree(place, freshPack(nameOf(place)));
    },
  });
}

export function deletes(place: Place): Command {
  return command({
    title: `rm -r ${place}`,
    isPossible: ({ sources }) => sources.has(place),
    run(model, machine) {
      model.sources.delete(place);
      touchSource(model, place);
      machine.remove(place);
    },
  });
}
