import { expect, test } from "vitest";
import { componentDirectories, isDefinitionFile, isLitter } from "../../src/pack/layout.ts";

test.for([
  "pack.yaml",
  "config.schema.yaml",
  "actions/echo.yaml",
  "actions/echo.yml",
  "actions/echo.meta.yaml",
  "actions/workflows/deploy.workflow.yaml",
  "actions/chains/old.yaml",
  "workflows/install_packs.yaml",
])("takes %s for a definition", (path) => {
  expect(isDefinitionFile(path)).toBe(true);
});

test.for([
  "pack.yml",
  "README.yaml",
  "nested/pack.yaml",
  "actions/echo.sh",
  "actions/echo.yaml.example",
  "actions/echo.yaml.jinja",
  "actions/.yaml",
  "actions/yaml",
  "actions/lib/echo.yaml",
  "actions/workflows/tests/broken.yaml",
  "rules/workflows/x.yaml",
  "tests/actions/echo.yaml",
  "/actions/echo.yaml",
  "actions",
  "",
])("takes %s for something else", (path) => {
  expect(isDefinitionFile(path)).toBe(false);
});

test("knows definitions of every kind of component", () => {
  expect(componentDirectories.filter((directory) => isDefinitionFile(`${directory}/x.yaml`))).toEqual(
    componentDirectories,
  );
});

test.for([
  ".git",
  ".hg",
  ".svn",
  ".bzr",
  "echo.sh~",
  ".echo.sh.swp",
  ".echo.sh.swx",
  ".swo",
  "#echo.sh#",
  ".#echo.sh",
  "4913",
  "pack.yaml___jb_tmp___",
  "pack.yaml___jb_old___",
  ".goutputstream-W0IZ11",
  ".~lock.table.ods#",
  ".pack.yaml.kate-swp",
  ".DS_Store",
  "._pack.yaml",
  "Thumbs.db",
  "desktop.ini",
  "__pycache__",
  "echo.cpython-311.pyc",
  "node_modules",
  ".venv",
  ".packignore",
])("ignores %s wherever it stands", (name) => {
  expect(isLitter(name)).toBe(true);
});

test.for([
  "pack.yaml",
  ".gitignore",
  ".gitkeep",
  ".env",
  "venv",
  "swp",
  "echo.swp",
  "49131",
  "#1.md",
  "lib.py",
  "goutputstream-1",
  "git",
  ".attune-packs-sentinel",
])("keeps %s", (name) => {
  expect(isLitter(name)).toBe(false);
});
