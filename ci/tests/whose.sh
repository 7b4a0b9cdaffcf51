# shellcheck shell=bash
# whose.sh - options that choose tasks, with every tool that has them, and commands after --
# shellcheck disable=SC2034,SC2154,SC2086 # names for lib.sh and from it; none has a space

groups=/sys/fs/cgroup
# Tools whose tests tell what deeds.c did. ci/tables makes lwload(8)'s table of these and of the kinds
tasks=$(sed -n 's/^\([a-z0-9]*\)_of_one_source() {$/\1/p' /lw/tests/tools/*.sh)
# Tools that have these options, but whose events are no deed
untried='oomkill'
kinds='pid tid uid process comm ppid pidns mntns cgroup tree'

mount_groups() {
	mountpoint -q $groups || mount -t cgroup2 none $groups
	mkdir -p $groups/lw-in/below $groups/lw-out
}

# source_of KIND - begins deeds.c as a child that differs from others in that one thing; "same" in nothing
source_of() {
	local kind=$1 process=ap thread=at uid=1001 group=lw-in/below own=() program
	# shellcheck disable=SC2016 # the inner shell expands it
	case $kind in
	process) process=bp ;;
	comm) thread=bt ;;
	uid) uid=1002 ;;
	cgroup) group=lw-out ;;
	mntns) own=(unshare --mount --propagation unchanged) ;;
	pidns) own=(unshare --pid --fork) ;;
	ppid) own=(bash -c '"$@"; true' shell) ;;
	tree) own=(setsid --fork) ;;	# its parent ends
	esac
	# The program's name becomes that of the process and of its thread.
	program=$work/$process-$thread
	[ -e $program ] || cp /lw/tests/deeds $program
	(
		echo $BASHPID > $groups/$group/cgroup.procs
		exec "${own[@]}" setpriv --reuid $uid --regid $uid --clear-groups \
			/lw/tests/deeds 3 $process-x $thread-x $program < $work/go > $work/ids.$kind
	) &
	eventually 10 test -s $work/ids.$kind
}

# ids FIELD KIND... - prints that number of the sources of these kinds, with commas between
ids() {
	local field=$1
	shift
	# shellcheck disable=SC2046,SC2059 # kinds; the directory
	sed '' $(printf "$work/ids.%s " "$@") | cut -d ' ' -f $field | sort -u | paste -sd,
}

# but KIND - prints all kinds of sources but that
but() {
	echo same $kinds | tr ' ' '\n' | grep -vx "$1"
}

begin_sources() {
	local kind
	mount_groups
	chmod 755 $work
	mkfifo $work/go
	chmod 666 $work/go
	exec 7<> $work/go
	for kind in same $kinds; do
		source_of $kind
	done
}

# end_sources - they do their deeds, and end
end_sources() {
	local pid
	printf xxxxxxxxxxx >&7
	for pid in $(ids 1 same $kinds | tr , ' '); do
		eventually 30 eval "[ ! -e /proc/$pid ] || has_ended $pid"
	done
	exec 7>&-
}

# Each tool shows what the source "same" did, and nothing of the others.
only_one_source_is_shown() {
	local source tool
	source=$(ids 1 same)
	for tool in $tasks; do
		# shellcheck source=/dev/null
		(. /lw/tests/tools/$tool.sh && ${tool}_of_one_source)
	done
}

# Each of the other sources fails one option.
test_options_that_choose_tasks_work_with_every_tool() {
	begin_sources
	# shellcheck disable=SC2046 # kinds
	begin_runs "$tasks" --not-pid $(ids 1 pid) --tid "$(ids 2 $(but tid)),$(ids 1 $(but tid))" --uid 1001 --process ap --comm at \
		--ppid "$(ids 3 $(but ppid)),1" --pidns $$ --not-mntns "$(ids 1 mntns)" --cgroup /lw-in --tree $BASHPID
	end_sources
	end_runs
	only_one_source_is_shown
}

test_options_that_leave_tasks_out_work_with_every_tool() {
	begin_sources
	# shellcheck disable=SC2046 # kinds
	begin_runs "$tasks" --cgroup lw-in,/lw-out --pid "$(ids 1 $(but pid))" --not-tid "$(ids 2 tid),$(ids 1 tid)" --not-uid 1002,daemon \
		--not-process bp --not-comm bt --not-ppid "$(ids 3 ppid)" --not-pidns "$(ids 4 pidns)" --mntns $$ \
		--not-cgroup lw-out --not-tree "$(ids 1 tree)"
	end_sources
	end_runs
	only_one_source_is_shown
}

# has_no_options TOOL - are these options refused, as its events have no task?
has_no_options() {
	local kind
	for kind in $kinds; do
		exits 2 "--$kind*process" lwload $1 --$kind 1
		exits 2 "--not-$kind*process" lwload $1 --not-$kind 1
	done
}

test_options_that_choose_tasks_are_there_for_every_other_tool() {
	local tool others=''
	for tool in $(lwload list | awk '$2 == "ready" && $1 !~ /^dummy/ { print $1 }'); do
		grep -qx $tool <<< "$tasks
$untried" || { has_no_options $tool; others="$others $tool"; }
	done
	# 5.10 has no tcpdrop.
	[ "${others/ tcpdrop/}" = ' cachestat biolatency tcpretrans tcprtt' ]
}

test_bad_values_of_options_that_choose_tasks() {
	exits 2 '--tree*4194304' lwload killsnoop --tree 4194304
	exits 2 '--not-uid*nosuch' lwload killsnoop --not-uid root,nosuch
	mount_groups
	exits 2 '--cgroup*lw-no' lwload opensnoop --cgroup lw-in,lw-no
	exits 2 '--container*no-such' lwload opensnoop --container no-such
	exits 2 '--pid*process' lwload biolatency --pid 1
	nothing_is_inserted
}

# ---- a command after -- ----

# opened - prints the files in $work/f that the run's records have, in order of their names
opened() {
	jq -r "select(.path | startswith(\"$work/f/\")) | .path[$((${#work} + 3)):]" $out | sort
}

# A process that lost its parent, one that is no child of the shell any more, and a later child of theirs
test_command_and_all_its_descendants_are_shown() {
	mkdir -p $work/f
	touch $work/f/mine
	cat > $work/script <<-'END'
		: < "$1/f/shell" || :
		(: < "$1/f/child"; (: < "$1/f/grandchild"))
		(setsid sh -c ': < "$1/f/daemon"; sleep 0.2; : < "$1/f/later"; (: < "$1/f/itschild"); echo > "$1/done"' sh "$1" &)
		until [ -s "$1/done" ]; do sleep 0.05; done
	END
	for file in shell child grandchild daemon later itschild; do
		touch $work/f/$file
	done
	(while sleep 0.02; do : < $work/f/mine; done) &
	ends 0 lwload opensnoop --json -- sh $work/script $work
	kill $!
	[ "$(opened | paste -sd' ')" = 'child daemon grandchild itschild later shell' ]
	[ ! -s $err ]
}

test_command_that_forks_1000_times() {
	ends 0 lwload execsnoop --json -- $workload spawn 1000
	[ "$(jq -c 'select(.args == ["short"])' $out | wc -l)" -eq 1000 ]
	[ "$(wc -l < $out)" -eq 1001 ]
}

test_command_gives_its_exit_status() {
	ends 7 lwload killsnoop -- sh -c 'exit 7'
	ends 143 lwload killsnoop --json -- sh -c 'kill $$'
	[ "$(jq -c '[.sig, .result]' $out)" = '[15,0]' ]
	exits 125 'run /no/such' lwload killsnoop -- /no/such
	exits 125 '--as*nosuch' lwload killsnoop --as nosuch -- true
	exits 125 '-p' lwload killsnoop -p x -- true
	echo plain > $work/plain
	exits 125 'plain: Permission' lwload killsnoop -- $work/plain
	chmod 755 $work/plain
	exits 126 'plain: Exec format' lwload killsnoop -- $work/plain
	nothing_is_inserted
}

test_command_has_the_input_and_the_user_that_it_is_given() {
	echo word | lwload opensnoop --output $work/rows -- cat > $out
	[ "$(cat $out)" = word ]
	[ -s $work/rows ]
	lwload opensnoop --as daemon --output $work/rows -- id -un > $out
	[ "$(cat $out)" = daemon ]
	lwload syscallbypid --json -T 0 -- $workload repeat 50 /etc/hostname > $out
	jq -e -s 'map(select(.comm == "workload" and (.syscall | startswith("open"))) | .count) | add >= 50' $out
}

# A process's signal goes to the command, which may ignore it; the run ends at once.
test_command_may_outlive_the_run() {
	local pid run
	lwload opensnoop -- sh -c "trap 'echo got > $work/got' TERM; echo \$\$ > $work/pid
		until [ -e $work/end ]; do sleep 0.05; done" > $out 2> $err &
	run=$!
	eventually 10 test -s $work/pid
	kill $run
	wait $run
	nothing_is_inserted
	eventually 10 test -s $work/got
	pid=$(cat $work/pid)
	! has_ended $pid
	touch $work/end
	eventually 10 has_ended $pid
	ends 0 lwload opensnoop -d 0.2 -- sh -c "until [ -e $work/end2 ]; do sleep 0.05; done; echo > $work/done2"
	[ ! -e $work/done2 ]
	touch $work/end2
	eventually 10 test -e $work/done2
}

# As the shell that calls lwload has them; lwload itself uses none of them.
test_command_has_the_environment_of_the_caller() {
	mkdir $work/bin
	cat > $work/bin/prog <<-'END'
		#!/bin/sh
		echo "$FOO $HOME $USER"
	END
	chmod 755 $work $work/bin $work/bin/prog
	FOO=bar HOME=/here USER=me PATH=$work/bin:$PATH lwload opensnoop --output $work/rows -- prog > $out
	[ "$(cat $out)" = 'bar /here me' ]
	FOO=bar HOME=/here PATH=$work/bin:$PATH lwload opensnoop --as daemon --output $work/rows -- prog > $out
	[ "$(cat $out)" = "bar $(awk -F: '$1 == "daemon" { print $6 }' /etc/passwd) daemon" ]
}

# in_old GROUP COMMAND... - runs it in that group of controller pids
in_old() {
	(
		echo $BASHPID > $groups/pids/$1/cgroup.procs
		exec "${@:2}"
	)
}

opens_of_version_1() {
	local i
	mkdir $groups/pids
	mount -t cgroup -o pids none $groups/pids
	mkdir -p $groups/pids/lw-old/below $groups/pids/lw-other
	start opensnoop --json --cgroup pids:/lw-old
	for i in 1 2 3; do
		in_old lw-old cat /etc/hostname
		in_old lw-old/below cat /etc/issue
		in_old lw-other cat /etc/passwd
		cat /etc/group
	done > $work/got
	finish
	[ "$(grep -c '"/etc/hostname"' $out)" -eq 3 ]
	[ "$(grep -c '"/etc/issue"' $out)" -eq 3 ]
	not grep -e '"/etc/passwd"' -e '"/etc/group"' $out
	start opensnoop --json --not-cgroup pids:/lw-old,pids:lw-other -n cat
	for i in 1 2 3; do
		in_old lw-old cat /etc/hostname
		in_old lw-other cat /etc/passwd
		cat /etc/group
	done > $work/got
	finish
	[ "$(grep -c '"/etc/group"' $out)" -eq 3 ]
	not grep -e '"/etc/hostname"' -e '"/etc/passwd"' $out
	exits 2 'controller memory of version 1 is not mounted' lwload opensnoop --cgroup memory:/lw-old
	exits 2 'no control group "pids:/none"' lwload opensnoop --cgroup pids:/none
}

# Over cgroup2, which is as before after that
test_whose_takes_control_groups_of_version_1() {
	local status
	mount_groups
	mount -t tmpfs none $groups
	strictly opens_of_version_1
	umount $groups/pids
	umount $groups
	return $status
}
