#!/bin/sh
# trace-end.sh - ends a run of trace.sh that is still under way and removes its directory
#
# usage: sh -s -- DIR TOOL < trace-end.sh      fails if the tool is left in the kernel
set -eu
dir=$1 tool=$2
# As long as the lock is taken, the run goes on, and the process is the run's.
if [ -e "$dir/pid" ] && ! flock -n "$dir" true; then
	kill -TERM "$(cat "$dir/pid")" 2> /dev/null || :
	flock -w 600 "$dir" true
fi
rm -rf "$dir"
[ -x /usr/sbin/lwload ] || exit 0
if /usr/sbin/lwload status --json | grep -F "\"tool\":\"$tool\"" | grep '"state":"left"' >&2; then
	echo "$tool is left in the kernel; the next run of it removes that" >&2
	exit 1
fi
