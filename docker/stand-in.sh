#!/bin/sh
# Stands for a service of the platform: says which packs it reads, then runs its sensor, if it has one, until it is stopped.
reads=
for manifest in /opt/attune/packs/*/pack.yaml; do
  [ -f "$manifest" ] || continue
  version=$(sed -n 's/^version: *//p' "$manifest" | tr -d "\"'")
  pack=${manifest%/pack.yaml}
  reads="$reads ${pack##*/} $version,"
done
echo "reads:${reads%,}"
if [ -n "${SENSOR:-}" ] && [ -x "$SENSOR" ]; then exec "$SENSOR"; fi
trap 'exit 0' TERM
while :; do sleep 1 & wait $!; done
