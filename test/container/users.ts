import { describe, expect, test } from "vitest";
import type { Docker, Ended } from "./support/docker.ts";

const HARDENED = [
  "--network",
  "none",
  "--read-only",
  "--security-opt",
  "no-new-privileges",
  "--tmpfs",
  "/tmp",
  "--cap-drop",
  "ALL",
];
const ROOT = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETUID", "SETGID"].flatMap((name) => ["--cap-add", name]);

let count = 0;

/** A named volume; `nocopy` when it is mounted: the engine would give it to whoever has its mount point in the image. */
async function volumeOf(docker: Docker, owner = "0:0"): Promise<string> {
  const name = `users-${count++}`;
  await docker.ok("run", "--rm", "--network", "none", "-v", `${name}:/v`, "packsync", "busybox", "chown", owner, "/v");
  return name;
}

function once(docker: Docker, volume: string, ...args: readonly string[]): Promise<Ended> {
  const mounts = ["-v", `${docker.context}/packs:/source/packs:ro`, "-v", `${volume}:/opt/attune/packs:nocopy`];
  return docker.run("run", "--rm", ...HARDENED, ...mounts, ...args, "packsync", "--once");
}

async function ownersIn(docker: Docker, volume: string): Promise<string[]> {
  const script = "busybox find /v -exec busybox stat -c %u:%g {} +";
  const args = ["run", "--rm", "--network", "none", "-v", `${volume}:/v`, "packsync", "sh", "-c", script];
  return [...new Set((await docker.ok(...args)).split("\n"))];
}

export function userTests(docker: () => Docker): void {
  describe("users, on a read-only root and without new privileges", () => {
    test.for([
      { title: "root with five capabilities", args: ROOT, owner: "0:0", becomes: "1000:1000" },
      {
        title: "root that becomes another",
        args: [...ROOT, "-e", "PACKSYNC_USER=1000"],
        owner: "0:0",
        becomes: "1000:1000",
      },
      { title: "root for another owner", args: [...ROOT, "-e", "PACKSYNC_OWNER=7:8"], owner: "0:0", becomes: "7:8" },
      {
        title: "the volume's owner, without any",
        args: ["--user", "1000:1000"],
        owner: "1000:1000",
        becomes: "1000:1000",
      },
      { title: "another owner of a volume", args: ["--user", "2000:2000"], owner: "2000:2000", becomes: "2000:2000" },
    ])("$title publishes, twice, and all of it is the owner's", async ({ args, owner, becomes }) => {
      const volume = await volumeOf(docker(), owner);
      const first = await once(docker(), volume, ...args);
      expect(first.stderr).toBe("");
      expect([first.code, first.stdout]).toEqual([0, expect.stringContaining("1 published")]);
      expect((await once(docker(), volume, ...args)).stdout).toContain("1 unchanged");
      expect(await ownersIn(docker(), volume)).toEqual([becomes]);
    });

    test.for([
      {
        title: "root without a capability",
        args: [],
        says: ["without CHOWN, DAC_OVERRIDE, FOWNER", 'user: "1000:1000"'],
      },
      {
        title: "somebody else",
        args: ["--user", "3000:3000"],
        says: ["which belongs to user 1000:1000, as user 3000:3000", "as the one user who owns the volume"],
      },
      {
        title: "root that may not become another",
        args: [...ROOT.slice(0, 6), "-e", "PACKSYNC_USER=1000"],
        says: ["Expected to become user 1000:1000", "SETUID and SETGID"],
      },
    ])("$title is told what to do, and ends with 3", async ({ args, says }) => {
      const { code, stderr } = await once(docker(), await volumeOf(docker(), "1000:1000"), ...args);
      expect(code).toBe(3);
      for (const sentence of says) expect(stderr).toContain(sentence);
    });
  });

  test("a fresh volume is for user 1000 to write, without any capability", async () => {
    const mounts = ["-v", `${docker().context}/packs:/source/packs:ro`, "-v", "fresh:/opt/attune/packs"];
    const args = ["run", "--rm", ...HARDENED, "--user", "1000", ...mounts, "packsync", "--once"];
    expect(await docker().run(...args)).toMatchObject({ code: 0, stderr: "" });
  });

  describe("wrong mounts", () => {
    test("no source", async () => {
      const volume = await volumeOf(docker());
      const args = ["run", "--rm", "--network", "none", "-v", `${volume}:/opt/attune/packs`, "packsync", "--once"];
      const { code, stdout, stderr } = await docker().run(...args);
      expect([code, stderr]).toEqual([1, "Required, but not live in the volume: core.\n"]);
      expect(stdout).toContain("/source/packs does not exist\n    → Make it or mount it there");
    });

    test("no volume: what is published there goes with the container", async () => {
      const args = ["-v", `${docker().context}/packs:/source/packs:ro`, "packsync", "--once"];
      const { code, stderr } = await docker().run("run", "--rm", "--network", "none", ...args);
      expect(code).toBe(3);
      expect(stderr).toContain("Expected /opt/attune/packs to be a volume, got a directory of the container's own.");
      expect(stderr).toContain("-v packs_data:/opt/attune/packs");
    });

    test("a volume that is mounted read-only", async () => {
      const volume = `${await volumeOf(docker())}:/opt/attune/packs:ro`;
      const args = ["-v", `${docker().context}/packs:/source/packs:ro`, "-v", volume, "packsync", "--once"];
      const refused = await docker().run("run", "--rm", "--network", "none", ...args);
      expect(refused.code).toBe(3);
      expect(refused.stderr).toContain("The volume is mounted read-only: mount it read-write for packsync.");
    });
  });
}
