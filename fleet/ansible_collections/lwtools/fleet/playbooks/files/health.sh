#!/bin/sh
# health.sh - does a tool see a known event within a second? Exits with 0 if so
#
# usage: sh -s < health.sh
set -eu
dir=$(mktemp -d /run/lwtools-health.XXXXXX)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
name=/lwtools-health-$$

# running TOOL - does it run already, as when it is always on? Some kernels take no second run (lwload(8))
running() {
	/usr/sbin/lwload status --json | grep -q "\"tool\":\"$1\""
}

# trace TOOL [OPTION...] - runs the tool for a second; meanwhile a program looks for the name again and again
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
	# 5: the tool lost some records, as on a busy host
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
		echo "opensnoop and execsnoop run already, so tools work on this host"
		exit
	fi
	grep -qF "\"$name\"" "$dir/out" || { echo "$tool did not see $name" >&2; exit 1; }
	grep -qF '"ended":"duration"' "$dir/out" || { echo "$tool ended too early" >&2; exit 1; }
}

# By then the shell has read the whole script, so no program can take a part of it from standard input.
main < /dev/null
