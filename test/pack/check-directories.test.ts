import { describe, expect, test } from "vitest";
import { checkDirectories } from "../../src/pack/check-directories.ts";
import { componentDirectories } from "../../src/pack/layout.ts";

describe("a directory that platforms do not look into", () => {
  test.for([
    ["action/x.yaml", "actions"],
    ["Actions/x.yml", "actions"],
    ["triger/x.yaml", "triggers"],
    ["tirggers/x.yaml", "triggers"],
    ["rule/x.yaml", "rules"],
    ["policy/x.yaml", "policies"],
    ["polices/x.yaml", "policies"],
    ["permission-sets/x.yaml", "permission_sets"],
    ["workflow/x.yaml", "workflows"],
  ])("%s was probably meant for %s", ([file = "", meant]) => {
    const [found, ...others] = checkDirectories(["pack.yaml", "actions/y.yaml", file, file.replace("x", "y")]);
    expect(others).toEqual([]);
    expect(found).toMatchObject({ severity: "warning", code: "component.directory", file });
    expect(found?.hint).toContain(` ${meant}`);
  });

  test.for([
    ...componentDirectories.map((directory) => `${directory}/x.yaml`),
    "action/run.sh",
    "action/deep/x.yaml",
    "actions/action/x.yaml",
    "action.yaml",
    "roles/main.yaml",
    "tests/x.yaml",
    "examples/x.yaml",
    "lib/x.yaml",
    "etc/x.yaml",
  ])("%s is where its author wants it", (file) => {
    expect(checkDirectories([file])).toEqual([]);
  });
});
