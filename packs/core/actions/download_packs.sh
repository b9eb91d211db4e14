#!/bin/sh
set -eu
. "$(dirname -- "$0")/../lib/params.sh"
. "$(dirname -- "$0")/../lib/api.sh"

failed() {
  print "{\"downloaded_packs\": [], \"failed_packs\": [{\"source\": \"api\", \"error\": $1}], \"total_count\": 1, \"success_count\": 0, \"failure_count\": 1}"
}

packs=
destination_dir=
registry_url=
ref_spec=
timeout=300
verify_ssl=
read_params packs destination_dir registry_url ref_spec timeout verify_ssl api_url api_token

texts_field packs "$packs"
required destination_dir "$destination_dir"
text_field destination_dir "$destination_dir"
text_field registry_url "$registry_url"
text_field ref_spec "$ref_spec"
number_field timeout "$timeout" 10 3600
flag_field verify_ssl "$verify_ssl"

call download "$timeout"
