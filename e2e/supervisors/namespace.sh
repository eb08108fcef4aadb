#!/bin/sh
# usage: sh namespace.sh FOLDER ROOT NODE COMMAND…
# Runs COMMAND as process 1 of existing namespaces (unshare -f -p -m), whose mounts and processes end with COMMAND. In them,
# /srv/web is FOLDER/web, /srv/idle-shutdown is ROOT, and /run holds only a `node`, unlike on the machine.
set -e
folder=$1 root=$2 node=$3
shift 3
mount --make-rprivate /
mount -t proc proc /proc
mount -t tmpfs -o mode=755 tmpfs /run
mount -t tmpfs -o mode=755 tmpfs /srv
mkdir /srv/web /srv/idle-shutdown
mount --bind "$folder/web" /srv/web
mount --bind "$root" /srv/idle-shutdown
touch /run/node
mount --bind "$node" /run/node
exec "$@"
