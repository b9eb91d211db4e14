#!/bin/sh
set -eu
. "$(dirname -- "$0")/../lib/params.sh"
. "$(dirname -- "$0")/../lib/api.sh"

failed() {
  print "{\"registered_packs\": [], \"failed_packs\": [{\"pack_ref\": \"unknown\", \"pack_path\": \"api\", \"error\": $1, \"error_stage\": \"registration\"}], \"summary\": {\"total_packs\": 1, \"success_count\": 0, \"failure_count\": 1, \"total_components\": 0, \"duration_ms\": 0}}"
}

pack_paths=
packs_base_dir=
skip_validation=
skip_tests=
force=
read_params pack_paths packs_base_dir skip_validation skip_tests force api_url api_token

texts_field pack_paths "$pack_paths"
text_field packs_base_dir "$packs_base_dir"
flag_field skip_validation "$skip_validation"
flag_field skip_tests "$skip_tests"
flag_field force "$force"

# The tests of all packs run before it answers.
call register-batch 3600
