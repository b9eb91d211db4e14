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

printf '\nTotal Tests: %s\nPassed: %s\nFailed: %s\nSkipped: 0\n' $((passed + failed)) "$passed" "$failed"
[ "$failed" -eq 0 ]
