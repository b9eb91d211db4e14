#!/bin/sh
set -eu
. "$(dirname -- "$0")/../lib/params.sh"

seconds=
message=
read_params seconds message
if [ -z "$seconds" ]; then fail 'the parameter `seconds` is required'; fi
whole_number seconds "$seconds" 3600

if [ -n "$message" ]; then printf '%s\n' "$message"; fi
# `exec`, so that a cancelled execution ends the sleep itself, not only the shell that waits for it.
exec sleep "$seconds"
