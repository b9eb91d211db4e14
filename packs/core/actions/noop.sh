#!/bin/sh
set -eu
. "$(dirname -- "$0")/../lib/params.sh"

message=
exit_code=0
read_params message exit_code
whole_number exit_code "$exit_code" 255

if [ -n "$message" ]; then printf '%s\n' "$message"; fi
exit "$exit_code"
