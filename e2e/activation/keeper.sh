#!/bin/sh
# usage: sh keeper.sh FOLDER CGROUP SIGNAL COMMAND…
# Runs COMMAND, in CGROUP where that is not empty, until it ends, or with SIGNAL until standard input does: whatever becomes of
# the process that holds its other end, nothing is left. Then removes FOLDER, and the cgroup.
folder=$1 cgroup=$2 signal=$3
shift 3
exec 3<&0
if [ -n "$cgroup" ]; then mkdir "$cgroup" && echo $$ >"$cgroup/cgroup.procs" || exit 1; fi
"$@" 3<&- </dev/null &
child=$!
# There may be nobody to read it any more.
exec >/dev/null 2>&1
# Back out of it: a cgroup with a process cannot be removed.
if [ -n "$cgroup" ]; then echo $$ >"$(dirname "$cgroup")/cgroup.procs"; fi
# Nothing is ever written to standard input.
{ cat <&3 && kill -s "$signal" "$child"; } &
watcher=$!
exec 3<&-
wait "$child"
code=$?
kill "$watcher"
if [ -n "$cgroup" ]; then
  # The processes of a namespace whose first one was killed are gone a moment later.
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    find "$cgroup" -depth -type d -exec rmdir {} +
    [ -d "$cgroup" ] || break
    sleep 0.1
  done
fi
rm -rf "$folder"
exit "$code"
