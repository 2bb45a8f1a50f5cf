# shellcheck shell=sh disable=SC2034,SC2154
# Text as JSON, and lines that are JSON: nothing that a program prints can make the report invalid.

# Text as the inside of a JSON string: printable ASCII.
text() { tr '\11' ' ' | LC_ALL=C tr -cd '\12\40-\176' | sed -e 's/\\/\\\\/g' -e 's/"/\\"/g'; }
# One line of text as a JSON string; lines of text as JSON strings with commas between.
string() { printf '"%s"' "$(printf '%s' "$1" | text | tr '\n' ' ')"; }
strings() { text | awk '{ printf "%s\"%s\"", comma, $0; comma = ",\n" }'; }
# Words of a list as an array of JSON strings.
array() { printf '['; for word; do echo "$word"; done | strings | tr '\n' ' '; printf ']'; }

# json_lines KIND FILE: the lines that are JSON objects or arrays, with commas between (KIND is values), or the other lines as
# they are (KIND is others). A line is JSON if strings, then numbers and literals, then whole objects and arrays from the inside
# outwards can be replaced by one letter, and only that letter is left. Bytes of JSON beyond ASCII become question marks.
json_lines() {
  LC_ALL=C tr -d '\000' <"$2" | LC_ALL=C awk -v kind="$1" '
    function is_json(line) {
      if (line !~ /^[[{].*[]}]$/) return 0
      gsub(/[SV]/, "x", line)
      gsub(/"([^"\\]|\\["\\\/bfnrt]|\\u[0-9A-Fa-f][0-9A-Fa-f][0-9A-Fa-f][0-9A-Fa-f])*"/, "S", line)
      if (line ~ /[^][{}:, SV0-9.eE+truefalsn-]/) return 0
      gsub(/-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?|true|false|null/, "V", line)
      gsub(/ *, */, ",", line)
      gsub(/ *: */, ":", line)
      gsub(/\[ +/, "[", line)
      gsub(/ +\]/, "]", line)
      gsub(/\{ +/, "{", line)
      gsub(/ +\}/, "}", line)
      while (gsub(/\{(S:[SV](,S:[SV])*)?\}|\[([SV](,[SV])*)?\]/, "V", line)) continue
      return line == "V"
    }
    /[\001-\037]/ { if (kind == "others") print; next }
    is_json($0) {
      gsub(/[\200-\377]/, "?")
      if (kind == "values") { printf "%s%s", comma, $0; comma = ",\n" }
      next
    }
    kind == "others" { print }'
}
