#!/bin/sh
# Gathers below $1 all that an image needs beside packsync itself: each program with the libraries that it loads, and nothing else.
set -eu
image=$1

place() { # a file, links followed, under the path that it has here
  mkdir -p "$image$(dirname "$1")"
  [ -e "$image$1" ] || cp -L "$1" "$image$1"
}

where() { # `command -v` of some shells does not say where their own programs are
  for directory in /usr/local/bin /usr/bin /bin; do
    if [ -x "$directory/$1" ]; then echo "$directory/$1"; return; fi
  done
  echo "$1 is not there" >&2
  exit 1
}

program() { # from, to
  mkdir -p "$image$(dirname "$2")"
  cp -L "$1" "$image$2"
  # A static program has no libraries, and ldd says so by failing.
  { ldd "$1" 2>/dev/null || true; } | sed -n 's/.*=> \(\/[^ ]*\) .*/\1/p; s/^[[:space:]]*\(\/[^ ]*\) .*/\1/p' |
    while read -r library; do place "$library"; done
}

program "$(where node)" /usr/local/bin/node
strip "$image/usr/local/bin/node"
program "$(where tini)" /usr/bin/tini
program "$(where busybox)" /bin/busybox
ln -s busybox "$image/bin/sh"
mkdir -p "$image/usr/bin" "$image/etc/packsync" "$image/source" "$image/opt/attune/packs" "$image/tmp"
ln -s /bin/busybox "$image/usr/bin/env"
ln -s /opt/packsync/packsync.js "$image/usr/local/bin/packsync"
chmod 1777 "$image/tmp"
chown 1000:1000 "$image/opt/attune/packs" # the engine gives a volume that is empty to whoever has its mount point
place /etc/ssl/certs/ca-certificates.crt
echo 'root:x:0:0:root:/:/bin/sh' >"$image/etc/passwd"
echo 'packsync:x:1000:1000:packsync:/:/bin/sh' >>"$image/etc/passwd"
printf 'root:x:0:\npacksync:x:1000:\n' >"$image/etc/group"
