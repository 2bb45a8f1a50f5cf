# shellcheck shell=sh disable=SC2034,SC2154
# Runs one part of the check after the other, each within its time, and records it.

# Sets `now`: hundredths of a second since the machine was started, so that a clock that is set changes nothing.
clock() {
  if read -r now _ </proc/uptime; then now=${now%.*}${now#*.}; else now=$(date +%s)00; fi 2>/dev/null
}
# Sets `left`: whole seconds until parts must have ended; a day where there is no budget.
time_left() {
  clock
  left=86400
  [ -z "$budget" ] || left=$(((begun + 100 * (budget - closing - grace) - now) / 100))
}

# Seconds between SIGTERM and SIGKILL for a part that is over its time; seconds kept for the last report and the caches.
grace=3
closing=0
if [ -n "$budget" ]; then
  closing=$((budget / 60 < 8 ? budget / 60 + 1 : 8))
  [ "$budget" -ge 60 ] || grace=1
fi
# A process group of its own for each part, so that nothing of it is left; `timeout` also ends the part if this script is killed.
grouped=""
timeout -k 1 5 true 2>/dev/null && grouped=yes

has_plan="" planned="" done_parts="" failed="" cut="" absent="" kept="" running="" child=""

# planning NAME: the plan is gone through once for the names of its parts, which all reports have, and then to run them.
planning() {
  [ -z "$has_plan" ] || return 1
  planned="$planned $1"
}

# part NAME SECONDS COMMAND...: runs the command for at most SECONDS, or what is left of the budget. A part for which no time is
# left, and one that an earlier run of the same folder has finished, is not run.
part() {
  name=$1 most=$2
  shift 2
  ! planning "$name" || return 0
  if restored "$name"; then
    kept="$kept $name" done_parts="$done_parts $name"
    printf '%-16s kept from an earlier run\n' "$name"
    return 0
  fi
  limit_of "$most" || return 0
  printf '%-16s ' "$name"
  running=$name command=$*
  clock
  part_begun=$now
  start "$@"
  await
  finish "$code"
}

# part_here NAME FUNCTION: the same in this shell, whose environment it may change, and at every run.
part_here() {
  ! planning "$1" || return 0
  running=$1 command=$2 limit=60 child="" code=0
  printf '%-16s ' "$1"
  clock
  part_begun=$now
  "$2" >"$work/out" 2>"$work/err" || code=$?
  finish "$code"
}

# Sets `limit`; fails where less than two seconds are left. A part may take its SECONDS or, where the budget is larger than the
# nine minutes that they are made for, as many times more.
limit_of() {
  if [ -z "$budget" ]; then
    limit=$whole_limit
    return
  fi
  time_left
  limit=$1
  [ "$budget" -le 540 ] || limit=$(($1 * budget / 540))
  [ "$limit" -le "$left" ] || limit=$left
  [ "$limit" -ge 2 ]
}

start() {
  : >"$work/out"
  : >"$work/err"
  if [ -n "$grouped" ]; then
    timeout -k "$grace" "$limit" "$@" >"$work/out" 2>"$work/err" </dev/null &
  else
    "$@" >"$work/out" 2>"$work/err" </dev/null &
  fi
  child=$!
}

# end_child SIGNAL: to the whole part.
end_child() {
  [ -z "$child" ] || kill -s "$1" -- "-$child" 2>/dev/null || kill -s "$1" "$child" 2>/dev/null || true
}

# Waits for the part, sets `code`, and keeps the report up to date meanwhile. A process that not even SIGKILL ends (a driver that
# hangs in the kernel) is left behind.
await() {
  shown=$part_begun nap=0.02
  end=$((part_begun + 100 * limit))
  while kill -s 0 "$child" 2>/dev/null; do
    clock
    if [ "$now" -ge $((end + 100 * grace + 100)) ]; then
      end_child KILL
      sleep 1
      kill -s 0 "$child" 2>/dev/null || break
      echo "check: still running after SIGKILL, and left behind" >>"$work/err"
      code=137 child=""
      return
    fi
    # `timeout` does this by itself.
    if [ -z "$grouped" ] && [ "$now" -ge "$end" ]; then
      end_child "$([ "$now" -lt $((end + 100 * grace)) ] && echo TERM || echo KILL)"
    fi
    if [ $((now - shown)) -ge 500 ] && [ -s "$work/out" ]; then
      shown=$now
      member running "" >"$work/parts/$running"
      report
    fi
    sleep "$nap" 2>/dev/null || sleep 1
    [ $((now - part_begun)) -lt 50 ] || nap=0.2
  done
  code=0
  wait "$child" || code=$?
  # Processes that the part left behind.
  [ -z "$grouped" ] || kill -s KILL -- "-$child" 2>/dev/null || true
  child=""
}

# finish CODE: records the part that was running; no code: it was interrupted. 69 says that a peer
# is not installed, 64 that a device has no products in a precision.
finish() {
  clock
  case "$running/$1" in
    */) state="cut" ;;
    */0) state=passed ;;
    peer_*/69 | bench_tf32/64 | bench_bf16/64) state=absent ;;
    *) state=failed; [ "$now" -lt $((part_begun + 100 * limit - 20)) ] || state="cut" ;;
  esac
  seconds=$(((now - part_begun) / 100)).$(printf %02d $(((now - part_begun) % 100)))
  member "$state" "$1" >"$work/parts/$running"
  done_parts="$done_parts $running"
  case "$state" in
    passed) echo "ok      $seconds s" ;;
    absent) absent="$absent $running"; echo "absent  $(tail -n 1 "$work/err")" ;;
    cut)
      cut="$cut $running"
      # Without a budget a part has all the time it may need.
      [ -n "$budget" ] || failed="$failed $running"
      echo "cut     after $seconds s"
      ;;
    failed)
      failed="$failed $running"
      echo "FAILED  exit code $1: $(tail -n 1 "$work/err")"
      ;;
  esac
  running=""
  report
  save_state
}
