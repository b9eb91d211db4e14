#!/bin/sh
# Runs the shell actions for real. The totals at the end are in the form that Attune's `simple` result format reads.
set -eu
cd -- "$(dirname -- "$0")/.."

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
passed=0
failed=0

# check TITLE ACTION STATUS STDOUT: runs the action with this function's stdin; stderr must speak exactly when STATUS is 2.
check() {
  status=0
  "actions/$2.sh" >"$work/out" 2>"$work/err" || status=$?
  printf '%s' "$4" >"$work/expected"
  spoke=no
  if [ -s "$work/err" ]; then spoke=yes; fi
  if [ "$status" = "$3" ] && cmp -s "$work/out" "$work/expected" && case $status$spoke in 2yes | [!2]*no) ;; *) false ;; esac; then
    passed=$((passed + 1))
    printf 'ok      %s\n' "$1"
  else
    failed=$((failed + 1))
    printf 'FAILED  %s: status %s, expected %s\n' "$1" "$status" "$3"
    cat "$work/out" "$work/err"
  fi
}

check 'echo prints the message' echo 0 'hello world
' <<'STDIN'
message='hello world'
STDIN
check 'echo prints an empty line without a message' echo 0 '
' </dev/null
check 'echo takes no text for an option' echo 0 '-n
' <<'STDIN'
message='-n'
STDIN
check 'echo prints quotes, substitutions and backslashes as they are' echo 0 'it'\''s a"; rm -rf $(x) `y` \n ${HOME} *
' <<'STDIN'
message='it'\''s a"; rm -rf $(x) `y` \n ${HOME} *'
STDIN
check 'echo prints several lines' echo 0 'one

seconds='\''3'\''

' <<'STDIN'
message='one

seconds='\''3'\''
'
STDIN
check 'echo takes a bare value' echo 0 'a b
' <<'STDIN'
message=a b
STDIN
check 'echo skips other parameters' echo 0 'kept
' <<'STDIN'
PATH='/nowhere'
headers.X-Token='s3cret'
message='kept'
other='line
message='\''lost'\'''
STDIN
check 'echo refuses an open quote' echo 2 '' <<'STDIN'
message='never closed
STDIN
check 'echo refuses text after the closing quote' echo 2 '' <<'STDIN'
message='a'; rm -rf 'b'
STDIN
check 'echo refuses what is not dotenv' echo 2 '' <<'STDIN'
{"message": "json"}
STDIN

check 'noop prints nothing' noop 0 '' </dev/null
check 'noop prints the message and ends as asked' noop 7 'seven
' <<'STDIN'
exit_code='7'
message='seven'
STDIN
for wrong in 256 -1 x '' 1.5 99999999999999999999; do
  check "noop refuses the exit code \`$wrong\`" noop 2 '' <<STDIN
exit_code='$wrong'
STDIN
done

check 'sleep prints the message' sleep 0 'waiting
' <<'STDIN'
message='waiting'
seconds='0'
STDIN
check 'sleep refuses to guess the time' sleep 2 '' </dev/null
for wrong in 3601 -1 x '1; id' 0.5 99999999999999999999; do
  check "sleep refuses \`$wrong\` seconds" sleep 2 '' <<STDIN
seconds='$wrong'
STDIN
done

# What wraps the API is tested here as far as that needs no server: nobody listens on port 1.
for action in download_packs get_pack_dependencies build_pack_envs register_packs; do
  case $action in
    download_packs) list=packs shape='{"downloaded_packs": [], "failed_packs": [{"source": "api", "error": ERROR}], "total_count": 1, "success_count": 0, "failure_count": 1}' ;;
    get_pack_dependencies) list=pack_paths shape='{"dependencies": [], "runtime_requirements": {}, "missing_dependencies": [], "analyzed_packs": [], "errors": [{"pack_path": "api", "error": ERROR}]}' ;;
    build_pack_envs) shape='{"built_environments": [], "failed_environments": [{"pack_ref": "unknown", "pack_path": "api", "runtime": "unknown", "error": ERROR}], "summary": {"total_packs": 1, "success_count": 0, "failure_count": 1, "python_envs_built": 0, "nodejs_envs_built": 0, "total_duration_ms": 0}}' ;;
    register_packs) shape='{"registered_packs": [], "failed_packs": [{"pack_ref": "unknown", "pack_path": "api", "error": ERROR, "error_stage": "registration"}], "summary": {"total_packs": 1, "success_count": 0, "failure_count": 1, "total_components": 0, "duration_ms": 0}}' ;;
  esac
  check "$action needs to know which packs" $action 2 "${shape%%ERROR*}\"the parameter \`$list\` is required\"${shape#*ERROR}
" </dev/null
  check "$action refuses what is no list" $action 2 "${shape%%ERROR*}\"expected \`$list\` to be a JSON array of texts\"${shape#*ERROR}
" <<STDIN
$list='["a", 1]'
STDIN
  if command -v curl >/dev/null; then reason='the server is not to be reached'; else reason='curl is not there'; fi
  check "$action says that the server is not there" $action 1 "${shape%%ERROR*}\"$reason\"${shape#*ERROR}
" <<STDIN
api_token='s3cret'
api_url='http://127.0.0.1:1'
destination_dir='it'\\''s "here" \\n'
$list='["a \\" b", "c"]'
STDIN
done

printf '\nTotal Tests: %s\nPassed: %s\nFailed: %s\nSkipped: 0\n' $((passed + failed)) "$passed" "$failed"
[ "$failed" -eq 0 ]
