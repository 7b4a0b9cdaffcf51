# shellcheck shell=bash
# mountsnoop.sh - tests of mountsnoop: known calls that mount and unmount, and its options
# shellcheck disable=SC2154,SC2086 # names from lib.sh; none has a space

test_mountsnoop_shows_17_calls_as_their_program_does() {
	start mountsnoop --json -t
	$mounts $work/at > $work/told
	finish
	# JSON of the program itself has raw bytes there.
	grep -av /no/room $work/told > $work/want
	[ "$(wc -l < $work/want)" -eq 17 ]
	jq -e -s 'map(select(.target == "/no/room/for/it") | [.result, (.source | length)]) | length == 1 and .[0][0] == -2 and .[0][1] >= 512' $out
	jq -c 'select(.comm == "mounts" and .target != "/" and .target != "/no/room/for/it") | {call, fs, source, target, flags, result}' $out > $work/got
	same $work/want $work/got
	jq -e -s 'map(select(.comm == "mounts")) | all(.uid == 0 and .time != null) and (map(.mntns) | unique | length) == 1' $out
}

# The namespace is that of the task.
test_mountsnoop_p_and_mntns() {
	mkfifo $work/go
	bash -c "read -r < $work/go; exec unshare -m bash -c 'readlink /proc/self/ns/mnt; exec mount -t tmpfs lw-five /mnt'" > $work/told &
	pid=$!
	start mountsnoop --json -p $pid
	mount -t tmpfs lw-six /mnt
	umount /mnt
	echo go > $work/go
	wait $pid
	finish
	jq -e -s "all(.pid == $pid) and (map(select(.source == \"lw-five\") | \"mnt:[\(.mntns)]\") | first) == \"$(cat $work/told)\"" $out
}

# PID did each of its deeds 3 times; see whose.sh.
mountsnoop_of_one_source() {
	records mountsnoop 'map(select(.call == "umount" and .target == "/deed") | [.pid, .result]) == [range(3) | [PID, -2]]'
}
