# What the other programs here know of JSON. Bytes, not characters: run awk with LC_ALL=C.

BEGIN {
  for (code = 1; code < 32; code++) {
    byte = sprintf("%c", code)
    control = control byte
    escaped[byte] = sprintf("\\u%04x", code)
  }
  control = "[" control "]"
}

# Whether a text that is followed by a quote escapes it.
function escapes(text,   count) {
  count = 0
  while (count < length(text) && substr(text, length(text) - count, 1) == "\\") count++
  return count % 2
}

# Whether this may stand between the quotes of a JSON string.
function well_formed(text,   parts, count, i) {
  if (text ~ control) return 0
  count = split(text, parts, /\\/)
  for (i = 2; i <= count; i++) {
    if (parts[i] == "") { # an escaped backslash; what follows it is plain
      if (++i > count) return 0
    } else if (parts[i] !~ /^(["\/bfnrt]|u[0-9A-Fa-f][0-9A-Fa-f][0-9A-Fa-f][0-9A-Fa-f])/) return 0
  }
  return 1
}
