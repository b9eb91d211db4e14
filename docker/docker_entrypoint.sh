#!/bin/sh
# Options and commands are packsync's own; anything else is a program, e.g. `busybox ls -la /opt/attune/packs`.
case "${1:--}" in
  -* | build-envs | catalog | config | dependencies | diff | docker-guard | doctor | download | events | healthcheck | history | \
    install | list | new | notify | pin | plan | register | rollback | schema | search | serve | services | show | status | sync | test | \
    uninstall | unpin | validate | verify) set -- packsync "$@" ;;
esac
exec "$@"
