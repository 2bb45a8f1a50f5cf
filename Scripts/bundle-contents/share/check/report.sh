# shellcheck shell=sh disable=SC2034,SC2154
# The report: one JSON object, put together from one file a part and replaced as a whole, so that there is a valid one at any time.

# The lines of a part that are no JSON, less those of tests that passed, the last 200.
messages() {
  { json_lines others "$work/out"; cat "$work/err"; } |
    LC_ALL=C sed -e '/^◇ /d' -e '/^✔ Test [^r]/d' -e '/^✔ Suite/d' | tail -n 200 | strings
}

# member STATE CODE: the object of the part that is running or has just ended.
member() {
  clock
  printf '"%s": {"command": %s, "state": "%s", "exit_code": %s, "seconds": %d, "limit": %d,\n"output": [' \
    "$running" "$(string "$command")" "$1" "${2:-null}" $(((now - part_begun) / 100)) "$limit"
  # The last line may be half written.
  json_lines values "$work/out"
  printf '],\n"messages": ['
  messages
  # Where a part that crashed or hung was: its last lines as they are.
  printf '],\n"last_lines": ['
  tail -n 5 "$work/err" | strings
  printf ']}'
}

# The parts of the plan that have no result.
not_run() {
  for name in $planned; do
    case " $done_parts $running " in *" $name "*) ;; *) printf '%s ' "$name" ;; esac
  done
}

report_head() {
  clock
  complete=false ok=true
  [ -z "$finished" ] || [ -n "$cut$(not_run)" ] || complete=true
  [ -z "$failed" ] || ok=false
  # Lists are split on purpose.
  # shellcheck disable=SC2046,SC2086
  {
    printf '{"ok": %s, "complete": %s, "failed": %s,\n' "$ok" "$complete" "$(array $failed)"
    printf '"cut": %s, "absent": %s, "kept": %s, "not_run": %s,\n' \
      "$(array $cut)" "$(array $absent)" "$(array $kept)" "$(array $(not_run))"
  }
  printf '"version": %s, "device": %s, "quick": %s, "budget": %s, "seconds": %d, "ended_by": %s,\n' \
    "$(string "$version")" "$(string "${device:-auto}")" "$([ -n "$quick" ] && echo true || echo false)" \
    "${budget:-null}" $(((now - begun) / 100)) "$([ -n "$ended_by" ] && string "$ended_by" || echo null)"
}

# Puts the report where it belongs. A report that cannot be written leaves the one before it, and is an error at the end only.
report() {
  {
    report_head
    cat "$work/machine"
    for name in $done_parts $running; do
      [ ! -s "$work/parts/$name" ] || { printf ',\n'; cat "$work/parts/$name"; }
    done
    printf ',\n"verdicts": ['
    for file in "$VAE_GPU_CACHE"/tuning/*.json; do
      [ ! -f "$file" ] || { tr '\n\t' '  ' <"$file" | sed 's/ *$//'; echo; }
    done >"$work/verdicts"
    json_lines values "$work/verdicts"
    printf ']}\n'
  } >"$work/report"
  written=yes
  if [ -n "$replaced" ]; then
    { cat "$work/report" >"$output.new" && mv -f "$output.new" "$output"; } 2>/dev/null || written=""
  elif [ -n "$finished" ]; then
    cat "$work/report" >"$output" || written=""
  fi
}
