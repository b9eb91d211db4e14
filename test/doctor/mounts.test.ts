import { expect, test } from "vitest";
import { mountsAround, parseMounts } from "../../src/doctor/mounts.ts";

const lines = (...points: readonly string[]) =>
  points.map((point, index) => `${index + 20} 1 8:1 / ${point} rw,relatime shared:1 - ext4 /dev/sda1 rw`).join("\n");

test("reads points and types, also with blanks in a name and optional fields", () => {
  const text = `${lines("/", "/a\\040b")}\n30 20 0:40 / /proc rw - proc proc rw\n`;
  expect(parseMounts(text)).toEqual([
    { point: "/", type: "ext4" },
    { point: "/a b", type: "ext4" },
    { point: "/proc", type: "proc" },
  ]);
});

test.for([
  { title: "nothing of a usual machine", points: ["/", "/srv", "/srv/packs", "/srv/packs2"] },
  {
    title: "a pack that is a mount of its own",
    points: ["/", "/srv/packs", "/srv/packs/core"],
    inside: ["/srv/packs/core"],
  },
  { title: "a mount over the volume's own", points: ["/", "/srv/packs", "/srv/packs"], above: "/srv/packs" },
  { title: "a mount over what the volume is mounted in", points: ["/", "/srv/packs", "/srv"], above: "/srv" },
  { title: "no mount over the first root, which all machines have", points: ["/", "/"] },
])("tells of $title", ({ points, inside = [], above }) => {
  const found = mountsAround("/srv/packs", parseMounts(lines(...points)));
  expect(found.inside).toEqual(inside);
  expect(found.hidden?.above.point).toBe(above);
});
