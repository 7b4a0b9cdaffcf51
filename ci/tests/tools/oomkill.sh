# shellcheck shell=bash
# oomkill.sh - tests of oomkill: kills in control groups and on the host, as the kernel counts them
# shellcheck disable=SC2154,SC2086 # names from lib.sh; none has a space

oom_groups=/sys/fs/cgroup

# oom_group NAME MIB - a control group with this limit. Other tests find the directory as it was.
oom_group() {
	mountpoint -q $oom_groups || {
		mount -t cgroup2 none $oom_groups
		trap 'umount -l $oom_groups' EXIT
	}
	echo +memory > $oom_groups/cgroup.subtree_control
	mkdir -p $oom_groups/$1
	echo $(($2 << 20)) > $oom_groups/$1/memory.max
}

# hog GROUP - becomes a process that uses up the memory of the group
hog() {
	echo $BASHPID > $oom_groups/$1/cgroup.procs
	exec tail /dev/zero
}

# no_oom_group NAME... - removes them all; some kernels need a moment until their last task is gone
no_oom_group() {
	local name
	for name; do
		eventually 10 rmdir $oom_groups/$name
	done
	echo -memory > $oom_groups/cgroup.subtree_control
}

# forget_kills - drops the stack that the kernel prints for each kill, which is no complaint
forget_kills() {
	local complaints
	complaints=$(kernel_complaints | grep -v 'Call Trace') || :
	[ -z "$complaints" ]
	dmesg -C
}

oom_kills_of() {
	sed -n 's/^oom_kill //p' $oom_groups/$1/memory.events
}

test_oomkill_sees_5_kills_in_a_control_group() {
	local pids=()
	oom_group lw-oom 16
	start oomkill --json
	for _ in 1 2 3 4 5; do
		hog lw-oom &
		pids+=($!)
		wait $! || [ $? -eq 137 ]
	done
	finish
	[ "$(oom_kills_of lw-oom)" -eq 5 ]
	printf '%s\n' "${pids[@]}" > $work/want
	jq -r 'select(.group == "/lw-oom") | .tpid' $out > $work/got
	same $work/want $work/got
	jq -e -s 'all(.pid == .tpid and .comm == "tail" and .tcomm == "tail" and .uid == 0 and .limit == 16384
		and .pages == 4096 and .rss > 8192 and .rss < 20480 and .usage > 12288 and .usage <= 16384)' $out
	no_oom_group lw-oom
	forget_kills
}

# One task asks for memory, and the kernel ends all tasks of the group.
test_oomkill_shows_each_process_of_a_group() {
	oom_group lw-oom-all 16
	echo 1 > $oom_groups/lw-oom-all/memory.oom.group
	start oomkill --json
	sleep 1000 &
	bystander=$!
	echo $bystander > $oom_groups/lw-oom-all/cgroup.procs
	hog lw-oom-all &
	pid=$!
	wait $pid $bystander || :
	finish
	# It counts the first one twice.
	[ "$(oom_kills_of lw-oom-all)" -eq 3 ]
	jq -e -s "map([.tpid, .tcomm]) | sort == ([[$pid, \"tail\"], [$bystander, \"sleep\"]] | sort)" $out
	jq -e -s "all(.pid == $pid and .limit == 16384)" $out
	no_oom_group lw-oom-all
	forget_kills
}

# A key of sysrq asks for the kill, so a thread of the kernel is the one that asks.
test_oomkill_of_the_host_has_no_group() {
	sleep 1000 &
	pid=$!
	echo 1000 > /proc/$pid/oom_score_adj
	start oomkill
	echo f > /proc/sysrq-trigger
	wait $pid || [ $? -eq 137 ]
	finish
	[ "$(wc -l < $out)" -eq 2 ]
	forget_kills
	grep -qE "^[0-2][0-9]:[0-5][0-9]:[0-5][0-9][.][0-9]{3} +0 +[0-9]+ +kworker[^ ]* +$pid +sleep +[1-9][0-9]* +[1-9][0-9]*( +-){2} *$" $out
}

# Options mean the task that asks, not the process that is ended.
test_oomkill_takes_options_that_choose_who_asks() {
	oom_group lw-oom-mine 16
	oom_group lw-oom-other 16
	echo 1 > $oom_groups/lw-oom-mine/memory.oom.group
	sleep 1000 &
	bystander=$!
	echo $bystander > $oom_groups/lw-oom-mine/cgroup.procs
	start oomkill --json --cgroup lw-oom-mine --comm tail
	hog lw-oom-other &
	wait $! || [ $? -eq 137 ]
	hog lw-oom-mine &
	pid=$!
	wait $pid $bystander || :
	finish
	jq -e -s "map([.pid, .tpid, .group]) | sort == ([[$pid, $pid, \"/lw-oom-mine\"], [$pid, $bystander, \"/lw-oom-mine\"]] | sort)" $out
	no_oom_group lw-oom-mine lw-oom-other
	forget_kills
}

# See proof.sh.
oomkill_deed() {
	oom_group lw-proof 16
	hog lw-proof &
	echo $!
	wait $! || [ $? -eq 137 ]
	no_oom_group lw-proof
	forget_kills
}

oomkill_of_deeds() {
	[ -s $work/oomkill.deed ]
	jq -c 'select(.group == "/lw-proof") | .tpid' $work/oomkill.json > $work/got
	same $work/oomkill.deed $work/got
}
