# Prints stdin, without its last line's end, as a JSON string. After json.awk.

BEGIN { printf "\"" }
NR > 1 { printf "%s", "\\n" }
{
  count = split($0, parts, /\\/)
  for (i = 1; i <= count; i++) {
    if (i > 1) printf "%s", "\\\\"
    quoted = split(parts[i], pieces, /"/)
    for (j = 1; j <= quoted; j++) {
      if (j > 1) printf "%s", "\\\""
      piece(pieces[j])
    }
  }
}
END { printf "\"" }

function piece(text,   at) {
  while (match(text, control)) {
    printf "%s%s", substr(text, 1, RSTART - 1), escaped[substr(text, RSTART, 1)]
    text = substr(text, RSTART + 1)
  }
  printf "%s", text
}
