# Prints stdin, a JSON array of strings, in one line; ends with 1 if it is something else. After json.awk.

{
  count = split($0, parts, /"/)
  inside = 0
  for (i = 1; i <= count; i++) {
    if (!inside) {
      blank = parts[i]
      gsub(/[ \t\r]/, "", blank)
      if (blank ~ /[^][,]/) wrong = 1
      shape = shape blank
      inside = 1
      text = ""
    } else {
      text = text parts[i]
      if (i < count && escapes(parts[i])) text = text "\""
      else {
        if (i == count || !well_formed(text)) wrong = 1
        shape = shape "s"
        inside = 0
      }
    }
  }
  line[NR] = $0
}
END {
  if (wrong || shape !~ /^\[(s(,s)*)?\]$/) exit 1
  for (i = 1; i <= NR; i++) printf "%s ", line[i]
}
