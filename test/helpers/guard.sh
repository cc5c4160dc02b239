#!/bin/bash
# Removes a temporary folder, and network namespaces with all that runs in them, when its stdin ends: whoever made them
# holds the other end of that pipe, so that they go whether their maker ends well, fails, is interrupted or is killed.
# usage: guard.sh FOLDER NAMESPACE...
trap '' INT TERM HUP
folder=$1
shift
cat >/dev/null
for namespace in "$@"; do
  # A process may fork while we look: look again until none is left.
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    pids=$(ip netns pids "$namespace" 2>/dev/null)
    [ -z "$pids" ] && break
    # shellcheck disable=SC2086 # one word for each process
    kill -KILL $pids 2>/dev/null
  done
  ip netns delete "$namespace" 2>/dev/null
done
rm -rf -- "$folder"
