import { expect, test } from "vitest";
import { containerIds } from "../../src/signal/own-project.ts";

const id = "0123456789abcdef".repeat(4);
const mount = (source: string) => `711 690 254:0 ${source} /etc/hostname rw,relatime - ext4 /dev/vda rw\n`;

test.for<[title: string, mountinfo: string, hostname: string, ids: readonly string[]]>([
  ["by what the engine mounts", mount(`/var/lib/docker/containers/${id}/hostname`), "web", [id]],
  ["by its name, too", mount(`/data/containers/${id}/hosts`), "0123456789ab", [id, "0123456789ab"]],
  ["by its name alone", "", "0123456789ab", ["0123456789ab"]],
  ["not on a machine with any name", mount("/"), "laptop", []],
  ["not by another container's files", mount(`/var/lib/docker/containers/${id}/config.v2.json`), "laptop", []],
])("a container is known %s", ([, mountinfo, hostname, ids]) => {
  expect(containerIds({ mountinfo, hostname })).toEqual(ids);
});
