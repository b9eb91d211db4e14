#!/bin/sh
# Options and commands are packsync's own; anything else is a program, e.g. `busybox ls -la /opt/attune/packs`.
case "${1:--}" in
  -* | build-envs | catalog | config | diff | docker-guard | doctor | download | healthcheck | history | list | new | notify | plan | rollback | \
    schema | services | show | status | sync | unpin | validate | verify) set -- packsync "$@" ;;
esac
exec "$@"
