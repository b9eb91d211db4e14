#!/bin/sh
set -eu
. "$(dirname -- "$0")/../lib/params.sh"
. "$(dirname -- "$0")/../lib/api.sh"

failed() {
  print "{\"dependencies\": [], \"runtime_requirements\": {}, \"missing_dependencies\": [], \"analyzed_packs\": [], \"errors\": [{\"pack_path\": \"api\", \"error\": $1}]}"
}

pack_paths=
skip_validation=
read_params pack_paths skip_validation api_url api_token

texts_field pack_paths "$pack_paths"
flag_field skip_validation "$skip_validation"

call dependencies 300
