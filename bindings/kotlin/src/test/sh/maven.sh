#!/bin/sh
# maven.sh ARGUMENTS: Maven with patience for the network: what stalls is given up after half a minute (.mvn/jvm.config),
# and a build that ended for a download that was cut begins again; what it has already fetched is not fetched twice.
said=$(mktemp)
trap 'rm -f "$said"' EXIT
for attempt in 1 2 3 4 5; do
  status=0
  mvn "$@" >"$said" 2>&1 || status=$?
  cat "$said"
  if [ "$status" = 0 ] || ! grep -q 'Could not transfer' "$said"; then
    exit "$status"
  fi
  echo "a download was cut in attempt $attempt"
done
exit "$status"
