# shellcheck shell=bash
# by.sh - reports by container, control group, user, process and tree
# shellcheck disable=SC2034,SC2154,SC2086,SC2016 # names for lib.sh and from it; inner shells expand

by_groups=/sys/fs/cgroup

# in_group GROUP USER COMMAND... - runs it there, as that user
in_group() {
	mkdir -p $by_groups/$1
	(
		echo $BASHPID > $by_groups/$1/cgroup.procs
		exec setpriv --reuid $2 --regid $2 --clear-groups "${@:3}"
	)
}

# kills COUNT - a command that sends itself so many signals 0, and tells its process id
kills=(bash -c 'for ((i = 0; i < $1; i++)); do kill -0 $$; done; echo $$' by)

# The containers are groups with the names that podman gives.
first=lw-by/libpod-1111111111111111111111111111111111111111111111111111111111111111
second=lw-by/libpod-2222222222222222222222222222222222222222222222222222222222222222

# by KIND - all kills of syscallbypid by that, as lines WHAT COUNT
by() {
	start syscallbypid -T 0 --by $1 --json
	in_group $first 1001 "${kills[@]}" 11 > $work/pid.1
	in_group $first/below 1002 "${kills[@]}" 17 > $work/pid.2
	in_group $second 1001 "${kills[@]}" 29 > $work/pid.3
	finish
	jq -r 'select(.syscall == "kill") | "\(.'$1') \(.count)"' $out | sort > $work/got
	jq -e -s 'all(has("pid") or has("comm") | not)' $out
}

begin_groups() {
	mountpoint -q $by_groups || mount -t cgroup2 none $by_groups
}

# counts WHAT COUNT - has that line?
counts() {
	grep -qx "$1 $2" $work/got || { echo "no $1 $2 in:"; cat $work/got; return 1; }
}

test_by_cgroup_counts_each_group() {
	begin_groups
	by cgroup
	counts /$first 11
	counts /$first/below 17
	counts /$second 29
}

test_by_container_adds_groups_up() {
	begin_groups
	by container
	counts 111111111111 28
	counts 222222222222 29
}

test_by_user_counts_each_user() {
	begin_groups
	echo 'lwby:x:1001:1001::/:/bin/sh' >> /etc/passwd
	by user
	sed -i '/^lwby:/d' /etc/passwd
	counts lwby 40
	counts 1002 17
}

test_by_process_counts_each_process() {
	begin_groups
	by process
	counts "$(cat $work/pid.1)/bash" 11
	counts "$(cat $work/pid.2)/bash" 17
	counts "$(cat $work/pid.3)/bash" 29
}

# All are children of this test, which may send more.
test_by_tree_counts_descendants_together() {
	local ancestor=$$ parent
	begin_groups
	while parent=$(awk '{ print $4 }' /proc/$ancestor/stat) && [ "$parent" -gt 1 ]; do
		ancestor=$parent
	done
	by tree
	grep "^$ancestor/" $work/got
	[ "$(sed -n "s,^$ancestor/.* ,,p" $work/got)" -ge 57 ]
	not grep -v "^$ancestor/" $work/got
}

# Reads and writes of a tool that times them, direct I/O of a disk, and metrics
test_by_user_of_other_tools() {
	local file=/var/tmp/lw-by
	begin_groups
	start rwtime --by user --json -n by-writer
	cp /bin/bash $work/by-writer
	setpriv --reuid 1003 --regid 1003 --clear-groups $work/by-writer -c 'for ((i = 0; i < 23; i++)); do printf x; done' > /dev/null
	finish
	jq -e -s 'map(select(.op == "write" and .user == "1003"))[0].latency.count == 23' $out
	start rwtime -P --by user --json -n by-writer
	for _ in 1 2; do
		setpriv --reuid 1003 --regid 1003 --clear-groups $work/by-writer -c 'for ((i = 0; i < 23; i++)); do printf x; done' > /dev/null
	done
	finish
	jq -e -s 'map(select(.op == "write" and .user == "1003")) | length == 1 and .[0].latency.count == 46' $out
	start fslatency --by process --json -t ext4
	dd if=/dev/zero of=$file bs=4096 count=31 conv=fsync 2> $work/dd
	finish
	jq -e -s 'map(select(.op == "write" and (.process | test("^[0-9]+/dd$"))))[0] | .latency.count == 31 and .fs == "ext4"' $out
	start bitesize --by cgroup --json
	in_group $second 0 dd if=/dev/zero of=$file bs=8192 count=13 oflag=direct conv=notrunc 2> $work/dd
	finish
	rm $file
	jq -e -s "map(select(.cgroup == \"/$second\"))[0].size | .count == 13 and .sum == 104" $out
	jq -e -s 'all(has("comm") | not)' $out
}

test_by_container_in_metrics() {
	local file=$work/metrics/lwtools-syscallbypid.prom
	mkdir -p $work/metrics
	begin_groups
	start syscallbypid 1 -T 0 --by container --metrics $file
	in_group $first 1001 "${kills[@]}" 11 > $work/pid.1
	in_group $first/below 1002 "${kills[@]}" 17 > $work/pid.2
	eventually 10 grep -q '{syscall="kill",container="111111111111"} 28' $file
	not grep comm= $file
	finish
}

# Conditions and the order are of what was added up.
test_by_with_where_and_sort() {
	begin_groups
	start syscallbypid -T 0 --by container --json --where syscall=kill --where "count>20" --sort -container
	in_group $first 1001 "${kills[@]}" 11 > $work/pid.1
	in_group $second 1001 "${kills[@]}" 29 > $work/pid.2
	in_group $first/below 1001 "${kills[@]}" 17 > $work/pid.3
	finish
	jq -e -s 'map([.container, .count]) == [["222222222222", 29], ["111111111111", 28]]' $out
}

test_by_bad_values() {
	exits 2 '"pod" is not container' lwload rwtime --by pod
	exits 2 'opensnoop: option --by: *reports' lwload opensnoop --by user
	exits 2 'biolatency: option --by: *task' lwload biolatency --by user
	exits 2 'with --by, rows have no pid' lwload rwtime --by user --where pid=1
	exits 2 'field user needs --by user' lwload rwtime --sort user
}

# Its control group is gone when the report comes.
test_by_container_that_has_gone() {
	begin_groups
	start syscallbypid -T 0 --by container --json --where syscall=kill
	in_group lw-by/libpod-3333333333333333333333333333333333333333333333333333333333333333 0 "${kills[@]}" 37 > $work/pid.1
	rmdir $by_groups/lw-by/libpod-3333333333333333333333333333333333333333333333333333333333333333
	finish
	jq -e -s 'map(select(.count == 37)) | length == 1 and (.[0].container | test("^[0-9]+$"))' $out
}

# The rows are those of the container, which each has in other tools.
test_by_nothing_has_no_container_in_reports() {
	begin_groups
	mkdir -p $by_groups/$first
	start syscallbypid -T 0 --cgroup /$first --json
	in_group $first 1001 "${kills[@]}" 11 > $work/pid.1
	finish
	jq -e -s 'map(select(.syscall == "kill"))[0].count == 11' $out
	not grep -e container -e cgroup $out
}
