#!/bin/sh
# Puts the native sensor of `core` into the packs volume, before init-packs. A plain `cp` onto a sensor that runs fails with
# "Text file busy" and would stop the next `up`; so it is copied beside it and takes its name in one step.
set -eu

volume=${TARGET_PACKS_DIR:-/opt/attune/packs}
name=attune-core-timer-sensor
binary=/pack-binaries/$name
sensors=$volume/core/sensors

fail() {
  echo "init-pack-binaries: $1" >&2
  exit 1
}

# What this makes belongs to whom the volume belongs to; packsync may run as that user.
hand_over() {
  chown "$owner" "$1" 2>/dev/null || echo "init-pack-binaries: $1 cannot be given to $owner, and stays $(id -u)'s" >&2
}

[ -d "$volume" ] || fail "Expected the packs volume at $volume, got no directory: mount it there, or set TARGET_PACKS_DIR."
owner=$(stat -c %u:%g "$volume")
for directory in "$volume/core" "$sensors"; do
  [ -d "$directory" ] && continue
  mkdir "$directory" || fail "Expected to make $directory as user $(id -u): run this as root, or as $owner, on a volume that can be written."
  hand_over "$directory"
done
[ ! -d "$sensors/$name" ] || fail "Expected a file at $sensors/$name, got a directory: remove it."

# Relative to the directory, which packsync may swap for its next one meanwhile: then it is done again, there. A name that
# ends with `~` is nothing that anybody publishes.
tries=5
until [ -x "$sensors/$name" ] && cmp -s "$binary" "$sensors/$name"; do
  [ "$tries" -gt 0 ] || fail "Expected $name in $sensors, got it replaced again and again: stop whoever else writes there."
  tries=$((tries - 1))
  cd "$sensors"
  cp "$binary" "$name~" || fail "Expected to write into $sensors as user $(id -u): run this as root, or as $owner, on a volume with space."
  chmod 755 "$name~"
  hand_over "$name~"
  mv -f "$name~" "$name"
  echo "init-pack-binaries: $name is in $sensors"
done
