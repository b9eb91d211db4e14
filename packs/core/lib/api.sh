# shellcheck shell=sh
# Calls the pack installation API; sourced, after params.sh, by the actions that wrap it.
#
# An action defines `failed`, which prints its result where there is none of the server's: it is given the reason as a JSON string.
# The body of the request goes by stdin, the token by a file descriptor: neither is ever on a command line.

: "${api_url:=}" "${api_token:=}" # set by read_params
_lib=$(dirname -- "$0")/../lib
_body=

# A parameter is wrong: one result all the same, then as in params.sh.
fail() {
  failed "$(json_text "$1")"
  printf '%s: %s\n' "${0##*/}" "$1" >&2
  exit 2
}

json_text() {
  LC_ALL=C awk -f "$_lib/json.awk" -f "$_lib/json-text.awk" <<TEXT
$1
TEXT
}

field() {
  _body="$_body${_body:+,}\"$1\":$2"
}

# The fields of the body. What is empty is left out, unless it is said to be required.

required() {
  if [ -z "$2" ]; then fail "the parameter \`$1\` is required"; fi
}

text_field() {
  if [ -n "$2" ]; then field "$1" "$(json_text "$2")"; fi
}

texts_field() {
  required "$1" "$2"
  _texts=$(
    LC_ALL=C awk -f "$_lib/json.awk" -f "$_lib/json-texts.awk" <<TEXTS
$2
TEXTS
  ) || fail "expected \`$1\` to be a JSON array of texts"
  field "$1" "$_texts"
}

flag_field() {
  case $2 in
    '' | null) ;;
    true | false) field "$1" "$2" ;;
    *) fail "expected \`$1\` to be true or false" ;;
  esac
}

# number_field NAME VALUE MIN MAX
number_field() {
  case $2 in
    *[!0-9]* | '' | 0* | ???????*) ;;
    *)
      if [ "$2" -ge "$3" ] && [ "$2" -le "$4" ]; then
        field "$1" "$2"
        return
      fi
      ;;
  esac
  fail "expected \`$1\` to be a whole number from $3 to $4"
}

# call PATH SECONDS: posts the fields, prints what the answer has as `data`, and ends the action.
call() {
  check_address
  if _result=$(post "$1" "$2" | LC_ALL=C awk -f "$_lib/json.awk" -f "$_lib/answer.awk"); then
    print "$_result"
    exit 0
  fi
  failed "$_result"
  exit 1
}

# Not as an argument: a large result would not fit where `printf` is a program.
print() {
  cat <<TEXT
$1
TEXT
}

check_address() {
  : "${api_url:=http://localhost:8080}"
  api_url=${api_url%/}
  case $api_url in
    *[!!-~]* | *[?#]*) fail 'expected `api_url` to be a URL without blanks, query and fragment' ;;
    http://?* | https://?*) ;;
    *) fail 'expected `api_url` to begin with http:// or https://' ;;
  esac
  # The platform's own token goes to the platform only.
  if [ -z "$api_token" ] && [ "$api_url" = "${ATTUNE_API_URL-}" ]; then api_token=${ATTUNE_API_TOKEN-}; fi
  case $api_token in
    *[!!-~]*) fail 'expected `api_token` to be visible ASCII characters' ;;
  esac
}

# The answer's body, a line with its status, a line with curl's exit code.
post() {
  _code=0
  curl --disable --config /dev/fd/3 --data-binary @- 2>/dev/null 3<<CONFIG <<BODY || _code=$?
silent
globoff
proto = "=http,https"
connect-timeout = 10
max-time = $(($2 + 30))
write-out = "\\n%{http_code}"
url = "$(quoted "$api_url/api/v1/packs/$1")"
header = "Content-Type: application/json"
header = "Accept: application/json"
header = "Expect:"
$(if [ -n "$api_token" ]; then printf 'header = "Authorization: Bearer %s"' "$(quoted "$api_token")"; fi)
$(case $api_url in http://localhost | http://localhost[:/]* | http://127.* | 'http://[::1]'*) echo 'noproxy = "*"' ;; esac)
CONFIG
{$_body}
BODY
  printf '\n%s\n' "$_code"
}

# In the quotes of curl's configuration.
quoted() {
  LC_ALL=C sed 's/[\\"]/\\&/g' <<TEXT
$1
TEXT
}
