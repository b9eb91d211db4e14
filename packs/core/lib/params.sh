# shellcheck shell=sh
# Reads an action's parameters from stdin; sourced by the shell actions.
#
# Attune writes a line `name='value'` for each; a `'` in a value is `'\''`, and a value may go over several lines.
# Values are taken apart as text, never evaluated. A bare `name=value` is taken too, for trying an action by hand.
# Names with `_` in front are this file's own, so that they never meet a parameter.

set -f # the splits below must not become file names
_newline='
'

# Messages name a parameter but never show its value: it may be a secret.
fail() {
  printf '%s: %s\n' "${0##*/}" "$1" >&2
  exit 2
}

# read_params NAME...: sets each named variable that stdin has. Other parameters are skipped: secrets come the same way.
read_params() {
  _wanted=$*
  _text=$(cat && echo .) # the dot keeps the newlines at the end, which `$()` drops
  _text=${_text%.}$_newline\'

  # Splitting at the quotes takes one pass; cutting piece by piece with `${text#*\'}` takes dash seconds for 64 KB.
  IFS=\'
  # shellcheck disable=SC2086
  set -- $_text
  unset IFS

  _state=unquoted
  for _piece do
    case $_state:$_piece in
      quoted:*)
        _value=$_value$_piece _state=closed
        store
        ;;
      'closed:\') _value="$_value'" _state=escaped ;;
      escaped:) _state=quoted ;;
      unquoted:* | closed:"$_newline"*)
        unquoted "$_piece"
        _state=quoted
        ;;
      *) fail "\`$_param\` goes on after its closing quote" ;;
    esac
  done
  if [ $_state != quoted ]; then fail "\`$_param\` has no closing quote"; fi
}

# What stands outside of quotes: whole lines, and the `name=` of the quote that comes next.
unquoted() {
  _between=$1
  IFS=$_newline
  # shellcheck disable=SC2086
  set -- $1
  unset IFS
  for _line do
    _param=${_line%%=*}
    _value=${_line#*=}
    case $_line in
      [!A-Za-z_]* | "$_param") fail "expected \`name='value'\` on stdin, got a line that is something else" ;;
    esac
    store
  done
  _value=
  case $_between in
    *=) ;;
    *) _param= ;;
  esac
}

# Sets the variable that `_param` names to `_value`. The `eval` sees only a name that the action itself has given.
store() {
  if [ -z "$_param" ]; then fail "expected \`name=\` before the quote"; fi
  for _name in $_wanted; do
    if [ "$_name" = "$_param" ]; then eval "$_name=\$_value"; fi
  done
}

# whole_number NAME VALUE MAX: fails unless VALUE is a whole number from 0 to MAX.
whole_number() {
  case $2 in
    '' | *[!0-9]* | ???????*) ;; # seven digits and more: out of every range here, and too much for some shells' `[`
    *) if [ "$2" -le "$3" ]; then return; fi ;;
  esac
  fail "expected \`$1\` to be a whole number from 0 to $3"
}
