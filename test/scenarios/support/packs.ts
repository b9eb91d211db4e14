import { executable, type Tree } from "./tree.ts";

/** A small pack as people write them: `pack.yaml`, an action, its script. */
export function pack(ref: string, files: Tree = {}, version = "1.0.0"): Tree {
  return {
    "pack.yaml": manifest(ref, version),
    actions: { "echo.yaml": action("echo", ref), "echo.sh": script("echo hello") },
    ...files,
  };
}

/** What makes the same files another pack: `pack.yaml`, and the action whose `ref` names it. */
export function identity(ref: string): Tree {
  return { "pack.yaml": manifest(ref), actions: { "echo.yaml": action("echo", ref) } };
}

export function manifest(ref: string, version = "1.0.0"): string {
  return `ref: ${ref}\nlabel: ${ref}\nversion: "${version}"\n`;
}

/** It runs the `echo.sh` beside it. */
export function action(name: string, pack = "core"): string {
  const plain = name.replaceAll(" ", "_");
  return `ref: ${pack}.${plain}\nlabel: ${name}\ndescription: Says ${name}\nrunner_type: shell\nentry_point: echo.sh\n`;
}

export function script(line: string): Tree[string] {
  return executable(`#!/bin/sh\n${line}\n`);
}

/** Several packs, each under its ref. */
export function packs(...refs: readonly string[]): Tree {
  return Object.fromEntries(refs.map((ref) => [ref, pack(ref)]));
}

export const brokenYaml = "name: [unclosed\ndescription: x\n";
