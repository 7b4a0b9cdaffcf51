#!/bin/sh
# health.sh - does a tool see, within a second, what is known to happen? Ends with 0 if so
#
# usage: sh -s < health.sh
set -eu
dir=$(mktemp -d /run/lwtools-health.XXXXXX)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
name=/lwtools-health-$$

# running TOOL - a tool runs only once on a host; if it is always on, it is not for us
running() {
	/usr/sbin/lwload status --json | grep -q "\"tool\":\"$1\""
}

# trace TOOL [OPTION...] - the tool for a second, with a program that looks for the name again and again until it has ended
trace() {
	tool=$1
	/usr/sbin/lwload "$@" --duration 1 --json --summary > "$dir/out" 2> "$dir/err" &
	lwload=$!
	while kill -0 $lwload 2> /dev/null; do
		cat "$name" 2> /dev/null || :
		sleep 0.1
	done
	status=0
	wait $lwload || status=$?
	# 5: lost some of what a busy host does
	if [ $status -ne 0 ] && [ $status -ne 5 ]; then
		cat "$dir/err" >&2
		exit $status
	fi
}

main() {
	if ! running opensnoop; then
		trace opensnoop --name cat
	elif ! running execsnoop; then
		trace execsnoop
	else
		echo "opensnoop and execsnoop run already, and by their being there it is seen that tools work"
		exit
	fi
	grep -qF "\"$name\"" "$dir/out" || { echo "$tool did not see $name" >&2; exit 1; }
	grep -qF '"ended":"duration"' "$dir/out" || { echo "$tool was ended before its time" >&2; exit 1; }
}

# The shell has read all of this script then, and no program can take a part of it.
main < /dev/null
