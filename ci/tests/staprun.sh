# shellcheck shell=bash
# staprun.sh - the engine against SystemTap's own staprun: same module, same
# workload, same records
# shellcheck disable=SC2034,SC2154,SC2086 # names from lib.sh; none has a space

# The guest's suite has no staprun that speaks the protocol: 5.6's stands in a
# tree of its own, with lwload beside it.
by_staprun() {
	local tree=/lw/staprun dir
	for dir in proc sys dev usr/lib/modules; do
		mkdir -p $tree/$dir
		mountpoint -q $tree/$dir || mount --rbind /$dir $tree/$dir
	done
	exec chroot $tree /usr/sbin/lwload "$@"
}

# both TOOL COMMAND FILTER OPTION... - sets $work/engine and $work/staprun
both() {
	local tool=$1 command=$2 filter=$3
	shift 3
	start "$tool" --json "$@"
	$workload "$command" > $work/all
	finish
	jq -c "$filter" $out > $work/engine
	(by_staprun "$tool" --json --staprun --verbose "$@") > $out 2> $err < /dev/null &
	lwload=$!
	for _ in $(seq 100); do grep -q 'tracing; Ctrl-C' $err && break; sleep 0.1; done
	# Its heading comes before the probes; the engine's comes after.
	sleep 1
	$workload "$command" > $work/all
	finish
	jq -c "$filter" $out > $work/staprun
	[ -s $work/engine ]
	same $work/engine $work/staprun
}

test_staprun_shows_the_same_opens() {
	both opensnoop opens '{uid, comm, fd, err, flags, mode, path}' --extended -F -n workload
}

test_staprun_shows_the_same_execs() {
	both execsnoop execs 'select(.comm != "lwload" and .comm != "grep" and .comm != "sleep") | {uid, comm, ret, args}' -x -u 0
}

test_staprun_shows_the_same_signals() {
	both killsnoop signals 'select(.comm == "workload") | {uid, comm, sig, result}'
}

# A reader that stands still while more comes than the buffers and staprun's own hold
test_staprun_tells_what_it_lost() {
	local status=0
	hold_pipe
	(by_staprun opensnoop --staprun --verbose --buffer 1 -n workload) > $work/pipe 2> $err < /dev/null &
	lwload=$!
	for _ in $(seq 100); do grep -q 'tracing; Ctrl-C' $err && break; sleep 0.1; done
	sleep 1
	$workload repeat 60000 /etc/hostname
	finish || status=$?
	kill $holder
	wait $holder || :
	[ $status -eq 5 ]
	grep -Eq 'warning: opensnoop: [0-9]+ records were lost, [0-9]+ shown' $err
}

test_staprun_that_is_missing_is_told() {
	exits 1 'no /usr/bin/staprun on this host' lwload opensnoop --staprun --duration 1
}
