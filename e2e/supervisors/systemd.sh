#!/bin/sh
# usage: sh systemd.sh FOLDER
# Becomes systemd, in the namespaces that namespace.sh has set up. This systemd loads the units of FOLDER/units and none of
# the machine's. It logs to FOLDER/log.
set -e
folder=$1
mount -t cgroup2 cgroup2 /sys/fs/cgroup
# systemd requires /dev/kmsg. This is a pipe, since each program that opens a file writes at its beginning.
mkfifo "$folder/kmsg"
mount --bind "$folder/kmsg" /dev/kmsg
cat <>"$folder/kmsg" >"$folder/log" &
exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin container=x \
  SYSTEMD_UNIT_PATH="$folder/units:$folder/targets" SYSTEMD_GENERATOR_PATH="$folder/none" \
  SYSTEMD_ENVIRONMENT_GENERATOR_PATH="$folder/none" \
  /lib/systemd/systemd --system --unit=sockets.target --log-target=kmsg --show-status=no
