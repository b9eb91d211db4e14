#!/bin/sh
set -eu
. "$(dirname -- "$0")/../lib/params.sh"

message=
read_params message

# Not `echo`: it would take `-n` for an option and, in dash, `\n` for a new line.
printf '%s\n' "$message"
