# shellcheck shell=bash
# opensnoop.sh - tests of opensnoop: what it shows of a known workload, and its options
# shellcheck disable=SC2154,SC2086 # names from lib.sh; none has a space

# Prints the workload's records: those of its process, without its first open and those that the shell did for
# it.
opens_of() {
	jq -c "select(.pid == $1 and .path != \"/tmp/lw-workload\" and
		(.path | startswith(\"/tmp/lw-tests\") | not)) | {pid, fd, err, flags, mode, path}" $out
}

traced_opens() {
	start opensnoop --json --extended "$@"
	$workload opens > $work/all
	finish
	pid=$(jq -s '.[0].pid' $work/all)
}

test_opensnoop_sees_23_opens_with_all_fields() {
	traced_opens
	[ "$(wc -l < $work/all)" -eq 23 ]
	jq -c 'del(.full)' $work/all > $work/want
	opens_of "$pid" > $work/got
	same $work/want $work/got
	jq -e -s "map(select(.pid == $pid)) | map(select(.path != \"$work/all\")) |
		all(.uid == 0 and .comm == \"workload\")" $out
	jq -e -s 'all(has("time") and has("uid") and has("pid") and has("comm") and has("fd")
		and has("err") and has("flags") and has("mode") and has("path"))' $out
	jq -e -s 'all(.time | test("^20[0-9-]+T[0-9:]+[.][0-9]{6}Z$"))' $out
}

test_opensnoop_full_path_makes_names_absolute() {
	traced_opens -F
	jq -c '{pid, fd, err, flags, mode, path: .full}' $work/all > $work/want
	opens_of "$pid" > $work/got
	same $work/want $work/got
}

# opens_with FILTER OPTION... - with the option, the tool shows the records that the jq filter selects
opens_with() {
	local filter=$1
	shift
	traced_opens "$@"
	jq -c "select($filter) | del(.full)" $work/all > $work/want
	opens_of "$pid" > $work/got
	same $work/want $work/got
	# Nothing else either: whoever else opens files meanwhile is filtered too.
	jq -e -s "map(select(.path | startswith(\"/tmp/lw-\"))) | map(select(.path != \"/tmp/lw-workload\")) |
		all($filter)" $out
}

# The default of 6 calls for each CPU would be used up: then no open is seen.
test_opensnoop_sees_opens_while_others_block() {
	start opensnoop
	block open 101
	cat /etc/hostname > /dev/null
	unblock
	finish
	grep -q ' /etc/hostname$' $out
	[ "$(grep -c " $work/65534/file$" $out)" -eq 101 ]
	not grep -q missed $err
}

# The name and the flags that another thread puts there while the call waits are not those of the call.
test_opensnoop_shows_what_the_kernel_used() {
	local long
	long=$work/$(printf '%0200d' 0)
	mkfifo $work/fifo $long
	start opensnoop --json -e -n changes
	$changes rewrite $work/fifo /etc/motd
	$changes rewrite $long /etc/motd
	finish
	jq -c 'select(.path | startswith("/proc") | not) | [.path, .flags, .truncated]' $out > $work/all
	# Those that are opened for writing end the others.
	tail -n 4 $work/all | sort > $work/got
	sort > $work/want <<-EOF
		["$work/fifo",0,null]
		["$work/fifo",1,null]
		["${long:0:112}",0,["path"]]
		["$long",1,null]
	EOF
	same $work/want $work/got
}

opens_of_fifo() {
	jq -s -c "map(select(.path == \"$work/fifo\") | [.comm, .fd >= 0, .err])" $out
}

# errno(3) does not have the kernel's own number for this. A restarted call is one call to the program.
test_opensnoop_shows_what_a_signal_does_to_a_call() {
	mkfifo $work/fifo
	start opensnoop --json -n changes,cat
	timeout 1 cat $work/fifo || :
	$changes interrupted $work/fifo
	finish
	opens_of_fifo | grep -qxF '[["cat",false,4],["changes",false,4],["changes",true,0],["changes",true,0]]'
}

# One user has half of the instances at most. Missed calls are told during the run.
test_opensnoop_shows_others_while_a_user_has_1001_opens_under_way() {
	local status=0 shown
	start opensnoop --json
	block open 1001
	await 'do_sys_openat2: too many calls' $err
	cat /etc/hostname > /dev/null
	setpriv --reuid 65533 cat /etc/issue > /dev/null
	await '"/etc/hostname"' $out
	await '"/etc/issue"' $out
	unblock
	finish || status=$?
	[ $status -eq 5 ]
	shown=$(jq -s "map(select(.path == \"$work/65534/file\")) | length" $out)
	[ "$shown" -ge 500 ]
	[ $((shown + $(uncounted do_sys_openat2))) -eq 1001 ]
}

test_opensnoop_shows_root_while_many_users_have_opens_under_way() {
	local uid status=0 pids=()
	start opensnoop --json
	for uid in $(seq 65500 65503); do
		block open 250 "$uid"
		pids+=("$blocked")
	done
	await 'do_sys_openat2: too many calls' $err
	cat /etc/hostname > /dev/null
	await '"/etc/hostname"' $out
	kill "${pids[@]}"
	wait "${pids[@]}" || :
	finish || status=$?
	[ $status -eq 5 ]
}

test_opensnoop_x_shows_failed_calls_only() {
	opens_with '.err > 0' -x
}

test_opensnoop_n_shows_commands_by_part_of_their_name() {
	opens_with true -n orkloa
	jq -e -s 'all(.comm == "workload")' $out
}

test_opensnoop_n_of_another_command_shows_nothing() {
	opens_with false -n nobody
}

test_opensnoop_f_shows_calls_by_flag() {
	opens_with '.flags % 128 >= 64' -f O_CREAT
}

test_opensnoop_f_knows_access_modes() {
	opens_with '.flags % 4 == 1 or .flags % 4 == 2' -f 'O_WRONLY,O_RDWR'
}

test_opensnoop_u_shows_a_user_s_calls() {
	opens_with true -u 0
	opens_with false -u 12345
}

# A shell prints its process id, waits for the tracer and becomes the workload.
held_workload() {
	mkfifo $work/go
	bash -c "echo > $work/held; read -r < $work/go; exec $workload opens" > $work/all &
	held=$!
	# Its own start opens files, too.
	await '' $work/held
}

test_opensnoop_p_and_t_show_one_process() {
	local option
	for option in -p -t; do
		held_workload
		start opensnoop --json --extended $option $held
		cat /etc/hostname > /dev/null
		echo go > $work/go
		wait $held
		finish
		jq -c 'del(.full)' $work/all > $work/want
		opens_of $held > $work/got
		same $work/want $work/got
		jq -e -s "all(.pid == $held)" $out
		rm $work/go $work/held
	done
}

# Begins three shells; each waits for a line of its own and becomes cat.
held_cats() {
	local i
	cats=()
	for i in 0 1 2; do
		mkfifo $work/go$i
		bash -c "read -r < $work/go$i; exec cat /etc/hostname" > /dev/null &
		cats[i]=$!
	done
}

let_cats_go() {
	local i
	for i in 0 1 2; do
		echo go > $work/go$i
		wait "${cats[i]}"
		rm $work/go$i
	done
}

# The list has as many ids as it can. No process has these 38.
test_opensnoop_p_and_t_take_lists() {
	local option nobody
	nobody=$(seq -s, 4194200 4194237)
	for option in -p -t; do
		held_cats
		start opensnoop --json $option "${cats[2]},$nobody,${cats[0]}"
		let_cats_go
		finish
		jq -e -s "all(.pid == ${cats[0]} or .pid == ${cats[2]})" $out
		jq -e -s "map(select(.path == \"/etc/hostname\") | .pid) == [${cats[0]}, ${cats[2]}]" $out
	done
}

test_opensnoop_n_and_u_take_lists() {
	opens_with true -n nobody,orkloa,cat
	opens_with false -n nobody,workload-,workloadd
	opens_with true -u 12345,0
	opens_with false -u 12345,4294967294
}

test_opensnoop_prints_a_table() {
	start opensnoop -n workload
	$workload opens > $work/all
	finish
	head -n 1 $out | grep -qx '   UID     PID COMM               FD  ERR PATH'
	grep -Eq '^     0 +[0-9]+ workload +3 +0 /tmp/lw-workload$' $out
	grep -Eq '^     0 +[0-9]+ workload +-1 +2 /tmp/lw-workload/missing$' $out
	grep -qF '/tmp/lw-workload/tab\there' $out
	grep -qF '/tmp/lw-workload/new\nline' $out
	grep -qF '/tmp/lw-workload/esc\x1b[31m' $out
	[ "$(wc -l < $out)" -eq 25 ]
	not grep -q $'\033' $out
}

test_opensnoop_tells_names_that_are_no_UTF8_apart() {
	local name names=($'/tmp/lw-a\xff' $'/tmp/lw-a\xfe')
	touch "${names[@]}"
	start opensnoop --json -n cat
	cat "${names[@]}"
	finish
	for name in "${names[@]}"; do
		printf %s "$name" | base64
	done > $work/want
	jq -r 'select(.path == "/tmp/lw-a\ufffd").path_base64' $out > $work/got
	rm -f "${names[@]}"
	same $work/want $work/got
}

test_opensnoop_T_prints_the_time() {
	start opensnoop -T -n workload
	$workload opens > $work/all
	finish
	head -n 1 $out | grep -q '^TIME  '
	[ "$(tail -n +2 $out | grep -Ec "^$(date +%H):[0-9]{2}:[0-9]{2}[.][0-9]{3} ")" -eq 24 ]
}

# PID did each of its deeds 3 times; see whose.sh.
opensnoop_of_one_source() {
	records opensnoop 'map(select(.path == "/etc/hostname") | .pid) == [PID, PID, PID]'
}
