#!/bin/sh
# Builds the native sensor of packs/core so that it runs in every image of its architecture: static. docs/native-binaries.md
#
# usage: scripts/build-pack-binaries.sh [DIRECTORY]    where it goes; packs/core/sensors without
#
#   RUST_TARGET             x86_64-unknown-linux-musl (default) or aarch64-unknown-linux-musl
#   PACK_BINARIES_BUILDER   docker (any architecture) or cargo (this machine's own, with glibc inside); without it: docker if
#                           its base image is here, else cargo if it can, else docker
#   PACK_BINARIES_DOCKER_OPTIONS   more options for `docker build`, e.g. `--network host`
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
name=attune-core-timer-sensor
source=$root/packs/core/native/timer-sensor
dockerfile=docker/Dockerfile.pack-binaries

say() { echo "build-pack-binaries: $1" >&2; }
fail() {
  say "$1"
  exit "${2:-1}"
}
has() { command -v "$1" >/dev/null 2>&1; }

case $# in 0 | 1) ;; *) fail "Expected at most one directory, got $# words." 2 ;; esac
to=${1:-$root/packs/core/sensors}
[ -d "$to" ] || fail "Expected a directory, got \`$to\`." 2
target=${RUST_TARGET:-x86_64-unknown-linux-musl}
case $target in
x86_64-unknown-linux-musl | aarch64-unknown-linux-musl) arch=${target%%-*} ;;
*) fail "Expected RUST_TARGET to be x86_64-unknown-linux-musl or aarch64-unknown-linux-musl, got \`$target\`." 2 ;;
esac
image=$(sed -n 's/^ARG RUST_IMAGE=//p' "$root/$dockerfile")

has_engine() { has docker && docker version >/dev/null 2>&1; }
has_image() { has_engine && docker image inspect "$image" >/dev/null 2>&1; }
can_cargo() { has cargo && [ "$(uname -s)" = Linux ] && [ "$(uname -m)" = "$arch" ]; }

# The files are sent by themselves, so that nothing else of the checkout is, with any version of Docker.
with_docker() {
  say "building for $arch with Docker, in $image"
  has docker || fail "Expected \`docker\`, got none: install it, or cargo on a $arch machine."
  tar -C "$root" -cf - "$dockerfile" packs/core/native/timer-sensor/Cargo.toml packs/core/native/timer-sensor/Cargo.lock \
    packs/core/native/timer-sensor/src >"$work/context.tar"
  # shellcheck disable=SC2086 # options, word by word
  docker build ${PACK_BINARIES_DOCKER_OPTIONS:-} -f "$dockerfile" --target build --build-arg "RUST_TARGET=$target" --iidfile "$work/image" \
    - <"$work/context.tar" >&2
  container=$(docker create "$(cat "$work/image")" none)
  docker cp "$container:/pack-binaries/$name" "$work/$name" >&2
}

with_cargo() {
  host=$(uname -m)
  [ "$host" = "$arch" ] || fail "Expected to build for this machine, $host, got RUST_TARGET for $arch: only Docker builds for another one."
  say "building for $arch with $(cargo --version)"
  CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/node_modules/.cache/pack-binaries}
  RUSTFLAGS="${RUSTFLAGS:-} -C target-feature=+crt-static"
  export CARGO_TARGET_DIR RUSTFLAGS
  (cd "$source" && cargo build --release --locked --target "$arch-unknown-linux-gnu" >&2)
  cp "$CARGO_TARGET_DIR/$arch-unknown-linux-gnu/release/$name" "$work/$name"
  strip "$work/$name" 2>/dev/null || say "\`strip\` refused: the symbols stay"
}

container=
work=$(mktemp -d)
clean_up() {
  rm -rf "$work"
  [ -z "$container" ] || docker rm "$container" >/dev/null
}
trap clean_up EXIT
trap 'exit 1' INT TERM HUP

# The check at the end is packsync's own: it runs on the Node that npm installs here, or on any that is new enough.
node=$root/node_modules/.bin/node
if [ ! -x "$node" ]; then
  if has node && node -e 'process.exit(parseInt(process.versions.node) >= 24 ? 0 : 1)'; then node=node
  else
    has node && has npm || fail "Expected Node and npm, for the check of the binary, got none."
    (cd "$root" && node scripts/setup.mjs) >&2
    [ -x "$node" ] || fail "Expected Node 24 or newer, for the check of the binary."
  fi
fi

builder=${PACK_BINARIES_BUILDER:-auto}
if [ "$builder" = auto ]; then
  if has_image; then builder=docker
  elif can_cargo; then builder=cargo
  elif has_engine; then builder=docker
  else fail "Expected Docker, or cargo on a $arch Linux machine, got neither."
  fi
fi
case $builder in
docker) with_docker ;;
cargo) with_cargo ;;
*) fail "Expected PACK_BINARIES_BUILDER to be docker or cargo, got \`$builder\`." 2 ;;
esac

"$node" "$root/scripts/check-binary.ts" "$work/$name" "$arch" >&2 || fail "the binary that was built is not what is wanted: $to stays as it is"

# By rename, because the old one may be running; the name with `~` is ignored where packsync watches.
cp "$work/$name" "$to/$name~"
chmod 755 "$to/$name~"
mv -f "$to/$name~" "$to/$name"
say "$to/$name"
