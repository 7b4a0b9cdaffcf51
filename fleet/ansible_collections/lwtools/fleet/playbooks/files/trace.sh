#!/bin/sh
# trace.sh - runs a tool for some time, and leaves its records as DIR/records.jsonl.gz; prints a JSON object
#
# usage: sh -s -- DIR SECONDS SIZE TOOL [OPTION...] < trace.sh
#
# The run takes at most three times SIZE of the disk, and does not begin if less is free. It ends by itself, and its
# module is removed. If nobody fetches the records, DIR stays until a run of another day, or of another boot.
set -eu
umask 077

die() {
	echo "$1" >&2
	stay
	exit 1
}

# Ansible can miss what a program prints at its very end: AnsibleModule.run_command() stops reading if a second
# has passed without output and the program has ended just after.
stay() {
	sleep 0.5
}

# kibibytes SIZE - prints a number with K, M or G in KiB
kibibytes() {
	number=${1%[KMG]}
	case $1 in
	*K) echo "$number" ;;
	*M) echo $((number * 1024)) ;;
	*G) echo $((number * 1048576)) ;;
	esac
}

# Removes directories that nobody will fetch: they are not locked, and are a day old or from an earlier boot.
sweep() {
	boot=$(sed -n 's/^btime //p' /proc/stat)
	find "${dir%/*}" -maxdepth 1 -type d -user root -name "$(basename "${dir%.*}").*" \
		\( -mmin +1440 -o ! -newermt "@$boot" \) |
		while read -r old; do
			flock -n "$old" rm -rf "$old" || :
		done
}

room() {
	need=$((3 * $(kibibytes "$size")))
	free=$(df -Pk "${dir%/*}" | awk 'NR == 2 { print $4 }')
	[ "$free" -ge "$need" ] || die "${dir%/*} has $free KiB free, but a trace may need $need; free some, or lower lwtools_size"
}

# left - prints the names of runs whose modules were left in the kernel, this one's or others'
left() {
	/usr/sbin/lwload status --json | grep -F "\"tool\":\"$tool\"" | sed -n 's/.*"run":"\([a-z0-9_]*\)".*"state":"left".*/\1/p'
}

main() {
	dir=$1 seconds=$2 size=$3 tool=$4
	shift 4
	[ -x /usr/sbin/lwload ] || die "lwtools is not installed; run lwtools.fleet.deploy"
	# TOOL may be a verb of lwload, which info refuses.
	/usr/sbin/lwload info "$tool" > /dev/null || exit
	room
	sweep
	mkdir "$dir" || exit
	trap 'rm -rf "$dir"' EXIT
	trap 'exit 1' HUP INT TERM
	exec 9< "$dir"
	flock 9

	status=0
	timeout --kill-after=60 "$((${seconds%.*} + 600))" /usr/sbin/lwload "$tool" "$@" --duration "$seconds" --json --summary \
		--output "$dir/records" --rotate "$size,1" 2> "$dir/err" &
	echo $! > "$dir/pid"
	wait $! || status=$?
	for run in $(left); do
		# TOOL alone would be all of its runs.
		[ "$run" != "$tool" ] || run=${tool}_1
		/usr/sbin/lwload stop "$run" >&2
	done
	case $status in
	0|5) ;;
	124|137) die "lwload $tool did not end after $seconds seconds and 600 more" ;;
	*) die "$(tail -n 3 "$dir/err")" ;;
	esac

	# The last line is the summary.
	summary=$(tail -n 1 "$dir/records")
	kept=$(($(cat "$dir"/records* | wc -l) - 1))
	{
		[ ! -e "$dir/records.1" ] || cat "$dir/records.1"
		cat "$dir/records"
	} | gzip > "$dir/records.jsonl.gz"
	rm -f "$dir/records" "$dir/records.1"
	printf '{"kept":%d,"bytes":%d,"summary":%s}\n' "$kept" "$(stat -c %s "$dir/records.jsonl.gz")" "$summary"
	trap - EXIT
}

# By then the shell has read the whole script, so no program can take a part of it from standard input.
main "$@" < /dev/null
stay
