#!/bin/sh
set -eu
. "$(dirname -- "$0")/../lib/params.sh"
. "$(dirname -- "$0")/../lib/api.sh"

failed() {
  print "{\"built_environments\": [], \"failed_environments\": [{\"pack_ref\": \"unknown\", \"pack_path\": \"api\", \"runtime\": \"unknown\", \"error\": $1}], \"summary\": {\"total_packs\": 1, \"success_count\": 0, \"failure_count\": 1, \"python_envs_built\": 0, \"nodejs_envs_built\": 0, \"total_duration_ms\": 0}}"
}

pack_paths=
packs_base_dir=
python_version=
nodejs_version=
skip_python=
skip_nodejs=
force_rebuild=
timeout=600
read_params pack_paths packs_base_dir python_version nodejs_version skip_python skip_nodejs force_rebuild timeout api_url api_token

texts_field pack_paths "$pack_paths"
text_field packs_base_dir "$packs_base_dir"
text_field python_version "$python_version"
text_field nodejs_version "$nodejs_version"
flag_field skip_python "$skip_python"
flag_field skip_nodejs "$skip_nodejs"
flag_field force_rebuild "$force_rebuild"
number_field timeout "$timeout" 60 3600

call build-envs "$timeout"
