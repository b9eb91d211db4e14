# Reads an answer of the API: its body, then a line with the HTTP status, then one with curl's exit code. After json.awk.
#
# Prints what `data` is, as it came, and ends with 0; or what went wrong, as a JSON string, and ends with 1.
# The body is taken apart only as far as that needs: strings, and what is in which brackets.

{ line[NR] = $0 }

END {
  if (line[NR] != 0) problem(reason(line[NR]))
  status = line[NR - 1]
  for (row = 1; row <= NR - 2; row++) scan(line[row])
  if (status !~ /^2[0-9][0-9]$/) problem("the server answered " status detail())
  if (wrong || depth > 0 || !ended || !something) problem("the answer is not what the API answers: expected JSON with `data`")
  for (i = 1; i <= pieces; i++) printf "%s", piece[i]
}

function problem(text) {
  printf "\"%s\"", text
  exit 1
}

function reason(code) {
  if (code == 3) return "`api_url` is no URL"
  if (code == 5 || code == 6) return "the server's name was not found"
  if (code == 7) return "the server is not to be reached"
  if (code == 28) return "no complete answer came in time"
  if (code == 35 || code == 60) return "TLS failed"
  if (code == 52 || code == 56) return "the connection ended before the answer did"
  if (code == 126 || code == 127) return "curl is not there"
  return "curl ended with " code
}

# What the server said, as it escaped it: `error`, and `message` where that says more.
function detail(   said) {
  said = known("error")
  if (said == "") said = nested
  if (known("message") != "" && known("message") != said) said = said (said == "" ? "" : ": ") known("message")
  return said == "" ? "" : ": " said
}

function known(name) {
  return name in text_of && well_formed(text_of[name]) ? text_of[name] : ""
}

function scan(text,   parts, count, i, inside, string) {
  count = split(text, parts, /"/)
  for (i = 1; i <= count; i++) {
    if (!inside) {
      outside(parts[i])
      inside = 1
      string = ""
    } else {
      string = string parts[i]
      if (i < count && escapes(parts[i])) string = string "\""
      else {
        if (i == count) wrong = 1 # it has no end
        found(string)
        inside = 0
      }
    }
  }
  outside("\n")
}

function outside(text,   mark) {
  while (match(text, /[][{},:]/)) {
    mark = substr(text, RSTART, 1)
    plain(substr(text, 1, RSTART - 1))
    text = substr(text, RSTART + 1)
    if (mark ~ /[[{]/) opened(mark)
    else if (mark ~ /[]}]/) closed(mark)
    else if (depth == 1) separated(mark)
    else take(mark)
  }
  plain(text)
}

function opened(mark) {
  if (depth == 0) {
    if (ended || mark != "{") wrong = 1
    expects_key = 1
  } else take(mark)
  bracket[++depth] = mark
}

function closed(mark) {
  if (depth == 0 || bracket[depth] != (mark == "}" ? "{" : "[")) wrong = 1
  if (depth > 0) depth--
  if (depth > 0) take(mark)
  else {
    ended = 1
    key = ""
  }
}

function separated(mark) {
  if (mark == ",") {
    expects_key = 1
    key = ""
  } else {
    key = name
    if (key == "data") pieces = something = 0
  }
}

function found(string) {
  if (depth == 0) wrong = 1
  if (depth == 1 && expects_key) {
    name = string
    expects_key = 0
  } else {
    if (depth == 1) text_of[key] = string
    if (depth == 2 && key == "error" && last == "message" && well_formed(string)) nested = string
    last = string
    take("\"" string "\"")
  }
}

function plain(text) {
  if (depth == 0 && text !~ /^[ \t\r\n]*$/) wrong = 1
  if (depth > 0) take(text)
}

# Pieces, not one text: adding to a long text takes time each time.
function take(text) {
  if (key != "data") return
  piece[++pieces] = text
  if (text ~ /[^ \t\r\n]/) something = 1
}
