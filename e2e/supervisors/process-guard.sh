#!/bin/sh
# usage: sh process-guard.sh FOLDER CGROUP SIGNAL COMMAND…
# Runs COMMAND, in CGROUP unless that is empty. Sends SIGNAL to COMMAND when standard input ends, so that nothing is left
# if the process at the other end crashes. After COMMAND has ended, removes FOLDER and the cgroup.
folder=$1 cgroup=$2 signal=$3
shift 3
exec 3<&0
if [ -n "$cgroup" ]; then mkdir "$cgroup" && echo $$ >"$cgroup/cgroup.procs" || exit 1; fi
"$@" 3<&- </dev/null &
child=$!
# The reader of the output may have ended.
exec >/dev/null 2>&1
# Leaves the cgroup, since a cgroup with a process cannot be removed.
if [ -n "$cgroup" ]; then echo $$ >"$(dirname "$cgroup")/cgroup.procs"; fi
# Standard input never has data, so cat ends only with it.
{ cat <&3 && kill -s "$signal" "$child"; } &
watcher=$!
exec 3<&-
wait "$child"
code=$?
kill "$watcher"
if [ -n "$cgroup" ]; then
  # After the first process of a namespace was killed, the others take a moment to end.
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    find "$cgroup" -depth -type d -exec rmdir {} +
    [ -d "$cgroup" ] || break
    sleep 0.1
  done
fi
rm -rf "$folder"
exit "$code"
