# shellcheck shell=bash
# capable.sh - tests of capable: known checks of capabilities with their calls, and its options
# shellcheck disable=SC2154,SC2086 # names from lib.sh; none has a space

# as_nobody COMMAND - a shell of user 65534, which waits for $work/go; sets pid
as_nobody() {
	mkfifo $work/go
	chmod 755 $work
	chmod 666 $work/go
	setpriv --reuid 65534 --regid 65534 --clear-groups bash -c "read -r < $work/go; $1" &
	pid=$!
}

go() {
	echo go > $work/go
	wait $pid || :
	rm $work/go
}

test_capable_shows_7_denied_kills() {
	as_nobody 'for _ in 1 2 3 4 5 6 7; do kill -0 1; done'
	start capable --json -p $pid
	go
	finish
	jq -e -s "map(select(.call == \"kill\") | [.uid, .pid, .tid, .comm, .cap, .name, .verdict]) ==
		[range(7) | [65534, $pid, $pid, \"bash\", 5, \"KILL\", \"deny\"]]" $out
}

test_capable_shows_what_root_is_allowed() {
	start capable --json -t
	chroot / /bin/true
	nice -n -1 true
	finish
	jq -e -s 'any(.comm == "chroot" and .name == "SYS_CHROOT" and .cap == 18 and .verdict == "allow" and .call == "chroot")' $out
	jq -e -s 'any(.comm == "nice" and .name == "SYS_NICE" and .cap == 23 and .verdict == "allow" and .call == "setpriority")' $out
}

test_capable_x_and_o_show_denials_and_each_once() {
	as_nobody 'for _ in 1 2 3 4 5; do kill -0 1; done; exec nice -n -1 true'
	start capable --json -x -o -u nobody
	chroot / /bin/true
	go
	finish
	jq -e -s "map([.pid, .name, .verdict, .call]) == [[$pid, \"KILL\", \"deny\", \"kill\"], [$pid, \"SYS_NICE\", \"deny\", \"setpriority\"]]" $out
}

# /proc/1/stat has addresses for those alone who have CAP_SYS_PTRACE. Nobody is told that a reader has not.
test_capable_a_shows_checks_that_are_silent() {
	as_nobody 'read -r _ < /proc/1/stat'
	start capable --json -a -p $pid
	go
	finish
	jq -e -s 'any(.audit == 0 and .name == "SYS_PTRACE" and .verdict == "deny" and .call == "read")' $out
	as_nobody 'read -r _ < /proc/1/stat; kill -0 1'
	start capable --json -p $pid
	go
	finish
	jq -e -s 'any(.name == "KILL") and all(.audit == 1)' $out
}

# Overlayfs asks for the capabilities of root, who has mounted it. The task is still the user's.
test_capable_knows_the_user_of_a_task_in_overlayfs() {
	local layers=$work/layers
	modprobe -q overlay || :
	mkdir -p $layers/low $layers/up $layers/work $layers/all
	chmod 755 $work $layers
	echo secret > $layers/low/file
	chown 65534 $layers/low/file
	chmod 600 $layers/low/file
	mount -t overlay none -o lowerdir=$layers/low,upperdir=$layers/up,workdir=$layers/work $layers/all
	as_nobody "read -r word < $layers/all/file; [ \$word = secret ]"
	start capable --json -a
	go
	finish
	umount $layers/all
	jq -e -s "map(select(.pid == $pid and (.name | startswith(\"DAC_\")))) | length > 0 and all(.uid == 65534)" $out
}

# A task has capabilities in its own user namespace, and in those below if it has them or has made them.
test_capable_knows_user_namespaces() {
	local check
	mkfifo $work/up $work/down
	chmod 755 $work
	chmod 666 $work/up $work/down
	start capable --json
	as_user 65534 unshare -U bash -c "echo > $work/up; read -r _ < $work/down; kill -0 1" &
	pid=$!
	read -r _ < $work/up
	nsenter -U --preserve-credentials -t $pid true
	(as_user 65534 nsenter -U --preserve-credentials -t $pid true)
	(as_user 65534 unshare -U -r chroot / true)
	echo > $work/down
	wait $pid && return 1
	finish
	jq -c '[.uid, .comm, .call, .name, .verdict]' $out > $work/got
	for check in '[0,"nsenter","setns","SYS_ADMIN","allow"]' '[65534,"nsenter","setns","SYS_ADMIN","allow"]' \
		'[65534,"chroot","chroot","SYS_CHROOT","allow"]' '[65534,"bash","kill","KILL","deny"]'; do
		grep -Fx "$check" $work/got
	done
}

# The kernel allows root to become nobody. Then it does not any more.
test_capable_o_shows_an_answer_that_changes() {
	start capable --json -o
	bash -c 'echo $$; exec setpriv --reuid 65534 bash -c "exec setpriv --reuid 1 true"' > $work/told || :
	finish
	jq -c "select(.pid == $(head -n 1 $work/told) and .name == \"SETUID\") | .verdict" $out > $work/got
	printf '%s\n' '"allow"' '"deny"' > $work/want
	same $work/want $work/got
}

# PID did each of its deeds 3 times; see whose.sh.
capable_of_one_source() {
	records capable 'all(.pid == PID) and (map(select(.call == "sethostname") | .name) == ["SYS_ADMIN", "SYS_ADMIN", "SYS_ADMIN"])'
}
