#!/bin/sh
# inside.sh ROOT FOLDER... -- PROGRAM ARGUMENT...: runs a program inside the system of its own in ROOT. The folders that it
# needs are at their own places there, for this one process only: so it is started by `unshare --mount`, by root or by who
# is root in a namespace (`--map-root-user --pid --fork`).
root=$1
shift
# A mount of its own, of which no other process hears: in a chroot nothing else keeps what follows to this one.
mount --bind "$root" "$root" && mount --make-private "$root" || exit 1
while [ "$1" != -- ]; do
  mkdir -p "$root$1" && mount --rbind "$1" "$root$1" || exit 1
  shift
done
shift
# Where chroot is, which is not on every user's path.
PATH=$PATH:/usr/sbin
mount -t proc proc "$root/proc" && exec chroot "$root" "$@"
