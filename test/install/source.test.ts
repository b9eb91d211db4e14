import { describe, expect, test } from "vitest";
import { shownUrl } from "../../src/install/shown-url.ts";
import { parseSource } from "../../src/install/source.ts";

const git = (url: string, ref?: string) => ({ kind: "git", url, ref });

describe("what a source is", () => {
  test.for([
    ["core", { kind: "registry", name: "core", version: undefined }],
    ["aws@1.2.0", { kind: "registry", name: "aws", version: "1.2.0" }],
    ["github:attune-io/pack-aws@v1.0.0", git("https://github.com/attune-io/pack-aws.git", "v1.0.0")],
    ["github:org/repo.git", git("https://github.com/org/repo.git")],
    ["gitlab:group/sub/repo@main", git("https://gitlab.com/group/sub/repo.git", "main")],
    ["https://github.com/org/repo.git", git("https://github.com/org/repo.git")],
    ["https://github.com/org/repo.git@v2", git("https://github.com/org/repo.git", "v2")],
    ["https://github.com/org/repo.git#feature/x", git("https://github.com/org/repo.git", "feature/x")],
    ["git+https://example.com/repo", git("https://example.com/repo")],
    ["git@github.com:org/repo.git", git("ssh://git@github.com/org/repo.git")],
    ["ssh://git@example.com:2222/repo.git", git("ssh://git@example.com:2222/repo.git")],
    ["git://example.com/repo.git", git("git://example.com/repo.git")],
    ["file:///srv/repo.git", git("file:///srv/repo.git")],
    ["https://example.com/pack.tar.gz", { kind: "archive", url: "https://example.com/pack.tar.gz" }],
    [
      "https://codeload.github.com/o/r/tar.gz/abc",
      { kind: "archive", url: "https://codeload.github.com/o/r/tar.gz/abc" },
    ],
    ["/srv/packs/core", { kind: "path", path: "/srv/packs/core" }],
    ["./core", { kind: "path", path: "./core" }],
    ["packs/core", { kind: "path", path: "packs/core" }],
  ] as const)("%s", ([text, expected]) => {
    expect(parseSource(text)).toEqual(expected);
  });

  test("a ref makes an http URL one of git, but not an archive's, and a source's own ref wins", () => {
    expect(parseSource("https://example.com/org/repo", "main")).toEqual(git("https://example.com/org/repo", "main"));
    expect(parseSource("https://example.com/pack.tgz", "main")).toMatchObject({ kind: "archive" });
    expect(parseSource("github:org/repo@v1", "main")).toMatchObject({ ref: "v1" });
  });
});

test.for([
  ["https://user:secret@example.com/x.git?token=secret", "https://example.com/x.git?…"],
  ["https://ghp_secret@example.com/x.git", "https://example.com/x.git"],
  ["git+https://u:secret@example.com/x", "git+https://example.com/x"],
  ["user:secret@example.com/x", "user:…@example.com/x"],
  ["git@github.com:org/repo.git", "git@github.com:org/repo.git"],
  ["/srv/packs", "/srv/packs"],
  ["https://user:secret@example.com:99999/x.git@v1?token=secret", "https://…@v1?…"],
  ["git+https://user:secret@example.com:99999/x", "git+https://…@example.com:99999/x"],
  ["https://user:pass/secret@example.com/x", "https://…@example.com/x"],
  ["ext::sh -c https://user:secret@example.com", "ext::sh -c https://…@example.com"],
  ["file:///srv/packs/core.git@v1.0.0", "file:///srv/packs/core.git@v1.0.0"],
  ["github:org/repo@v1", "github:org/repo@v1"],
] as const)("shows %s without its secrets", ([text, shown]) => {
  expect(shownUrl(text)).toBe(shown);
});
