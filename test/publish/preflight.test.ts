import { expect, test } from "vitest";
import { mountPoints, refuseFullVolume, refuseMounts } from "../../src/publish/preflight.ts";
import { scratch } from "../support/trees.ts";

test("knows the mount points of this machine", () => {
  expect(mountPoints()).toContain("/");
  expect(mountPoints()).toContain("/proc");
});

test.for([
  { title: "the pack's directory itself", mount: "/volume/core", refused: true },
  { title: "a directory below it", mount: "/volume/core/data/x", refused: true },
  { title: "the volume", mount: "/volume", refused: false },
  { title: "another pack whose name begins the same", mount: "/volume/core_extra", refused: false },
  { title: "nothing", mount: "/elsewhere", refused: false },
])("a mount of $title is refused: $refused", ({ mount, refused }) => {
  const check = () => refuseMounts("/volume/core", ["/", mount]);
  if (!refused) expect(check).not.toThrow();
  else
    expect(check).toThrow(
      expect.objectContaining({
        code: "PACK_FAILED",
        message: expect.stringContaining(mount),
        hint: expect.any(String),
      }),
    );
});

test("lets through what fits, and refuses what does not, saying how much is needed", () => {
  using directory = scratch();
  expect(() => refuseFullVolume({ volume: directory.path, minFreeBytes: 0 }, [])).not.toThrow();
  expect(() => refuseFullVolume({ volume: directory.path, minFreeBytes: 0 }, [0, 1, 5000])).not.toThrow();
  expect(() => refuseFullVolume({ volume: directory.path, minFreeBytes: 0 }, [1e15])).toThrow(
    expect.objectContaining({
      code: "VOLUME_FULL",
      message: expect.stringMatching(/^Expected 1000000\d+ free bytes on the volume, got \d+\.$/),
    }),
  );
});

test("counts a block for every file, however small", () => {
  using directory = scratch();
  function* many() {
    for (let count = 0; count < 1e8; count++) yield 1;
  }
  expect(() => refuseFullVolume({ volume: directory.path, minFreeBytes: 0 }, many())).toThrow(
    expect.objectContaining({ code: "VOLUME_FULL" }),
  );
});
