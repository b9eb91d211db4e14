import { rmSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { brokenYaml, pack, script } from "./support/packs.ts";
import { type Story, story } from "./support/story.ts";

const ECHO = "volume/core/actions/echo.sh";

/** Two releases, the second one pinned. */
function pinned(): Story {
  const it = story({ packs: { core: pack("core"), other: pack("other") } });
  expect(it.once().code).toBe(0);
  say(it, "second");
  expect(it.once().code).toBe(0);
  expect(it.packsync(["pin", "core"])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("packsync unpin core"),
  });
  return it;
}

function say(it: Story, what: string): void {
  it.write("packs", { core: { actions: { "echo.sh": script(`echo ${what}`) } } });
}

function stateOf(it: Story): string | undefined {
  const status: { packs: { ref: string; state: string }[] } = JSON.parse(
    it.packsync(["status", "--format", "json"]).stdout,
  );
  return status.packs.find(({ ref }) => ref === "core")?.state;
}

describe("a pinned pack", () => {
  test("stays, whatever its source has, until unpin: then that is published", () => {
    using it = pinned();
    for (const what of ["third", "hello", "fourth"]) {
      say(it, what);
      const run = it.once();
      expect([run.code, run.pack("core").outcome, run.codes("core")]).toEqual([0, "unchanged", ["release.pinned"]]);
      expect(it.read(ECHO)).toContain("second");
    }
    expect(stateOf(it)).toBe("pinned");
    expect(it.packsync(["unpin", "core"]).code).toBe(0);
    expect(it.once().pack("core").outcome).toBe("published");
    expect(it.read(ECHO)).toContain("fourth");
    expect(stateOf(it)).toBe("live");
  });

  test("is looked at no more often than others", () => {
    using it = pinned();
    say(it, "third");
    expect(it.once().code).toBe(0);
    const before = it.tree("volume/.packsync/releases");
    expect(it.once().pack("core")).toMatchObject({ outcome: "unchanged", release: expect.stringMatching(/^2-/) });
    expect(it.tree("volume/.packsync/releases")).toEqual(before);
  });

  test("stays also when it leaves its source, and goes after unpin", () => {
    using it = pinned();
    it.remove("packs/core");
    const run = it.once();
    expect([run.code, run.pack("core").outcome]).toEqual([0, "unchanged"]);
    expect(stateOf(it)).toBe("pinned");
    it.write("packs", { core: pack("core") });
    expect(it.once().pack("core").outcome).toBe("unchanged");
    expect(it.read(ECHO)).toContain("second");
    it.remove("packs/core");
    expect(it.packsync(["unpin", "core"]).code).toBe(0);
    expect(it.once().pack("core").outcome).toBe("retired");
    expect(it.exists(ECHO)).toBe(false);
  });

  test("is told what is wrong in its source all the same", () => {
    using it = pinned();
    it.write("packs/core/actions/echo.yaml", brokenYaml);
    expect(it.once().pack("core").outcome).toBe("rejected");
    expect(stateOf(it)).toBe("invalid");
    expect(it.read(ECHO)).toContain("second");
  });

  test("is brought back to what it was, when others change it", () => {
    using it = pinned();
    say(it, "third");
    expect(it.once().code).toBe(0);
    rmSync(it.at("volume/core/actions/echo.yaml"));
    expect(it.once().pack("core").outcome).toBe("published");
    expect([it.read(ECHO), it.read("volume/core/actions/echo.yaml")]).toEqual([
      expect.stringContaining("second"),
      expect.stringContaining("ref: core.echo"),
    ]);
    expect(stateOf(it)).toBe("pinned");
  });

  test("can go back, and stays there", () => {
    using it = pinned();
    say(it, "third");
    expect(it.once().code).toBe(0);
    expect(it.packsync(["rollback", "core", "--to", "1"]).code).toBe(0);
    say(it, "fourth");
    expect(it.once().pack("core").outcome).toBe("unchanged");
    expect(it.read(ECHO)).toContain("hello");
  });

  test("is pinned also when the database is lost", () => {
    using it = pinned();
    for (const suffix of ["", "-wal", "-shm"]) rmSync(it.at(`volume/.packsync/state.db${suffix}`), { force: true });
    say(it, "third");
    expect(it.once().pack("core").outcome).toBe("unchanged");
    expect(it.read(ECHO)).toContain("second");
  });

  test("a rollback that is pinned stays for good", () => {
    using it = story({ packs: { core: pack("core") } });
    it.once();
    say(it, "second");
    it.once();
    expect(it.packsync(["rollback", "core"]).code).toBe(0);
    expect(it.packsync(["pin", "core"]).code).toBe(0);
    say(it, "third");
    expect(it.once().pack("core").outcome).toBe("unchanged");
    expect(it.read(ECHO)).toContain("hello");
  });

  test("nothing that is not live can be pinned", () => {
    using it = story({ packs: { core: pack("core") }, volume: { theirs: pack("theirs") } });
    it.once();
    for (const ref of ["nothing", "theirs", "../core"])
      expect(it.packsync(["pin", ref])).toMatchObject({ code: 2, stderr: expect.stringContaining("Expected a pack") });
    expect(it.packsync(["pin", "core", "-n"]).code).toBe(2);
  });

  test("no installation replaces it, and it can be uninstalled", () => {
    using it = story({ packs: {} });
    it.write("elsewhere", { core: pack("core") });
    expect(it.packsync(["register", "elsewhere/core", "--skip-tests"])).toMatchObject({ code: 0 });
    expect(it.packsync(["pin", "core"]).code).toBe(0);
    it.write("elsewhere/core/actions/echo.sh", "#!/bin/sh\necho second\n");
    const again = it.packsync(["register", "elsewhere/core", "--skip-tests", "--force"]);
    expect(again.code).not.toBe(0);
    expect(`${again.stdout}${again.stderr}`).toContain("packsync unpin core");
    expect(it.read(ECHO)).toContain("hello");
    expect(it.packsync(["uninstall", "core"]).code).toBe(0);
    expect(it.exists(ECHO)).toBe(false);
  });
});
