# shellcheck shell=bash
# reports.sh - the tools that count and measure see a known workload exactly
# shellcheck disable=SC2154,SC2086 # names from lib.sh; none has a space

io=/lw/tests/io
odd=/lw/tests/calls
traffic=/lw/tests/traffic

# sum FILTER FIELD - of the counts of the distributions in the records that it selects
sum() {
	jq -s "[.[] | select($1) | .$2.count] | add // 0" $out
}

# Each bucket is a power of two and they add up to the count.
sound_distributions() {
	jq -e -s "length > 0 and all(.$1 | .count == ([.buckets[].count] | add)
		and all(.buckets[]; .low == 0 and .high == 1 or .high == 2 * .low - 1))" $out
}

# ---- rwtime ----

test_rwtime_counts_17_reads_and_19_writes() {
	start rwtime --json -n io
	$io files
	finish
	[ "$(sum '.op == "read"' latency)" -eq 17 ]
	# With the one that leaves the list of them
	[ "$(sum '.op == "write"' latency)" -eq 20 ]
	sound_distributions latency
}

test_rwtime_sees_pipes_and_proc_and_failed_calls() {
	start rwtime --json -P -n io
	$io pipes
	finish
	[ "$(sum '.op == "read" and .comm == "io"' latency)" -eq 19 ]
	[ "$(sum '.op == "write" and .comm == "io"' latency)" -eq 13 ]
	jq -e -s 'all(.pid > 0)' $out
}

# One user has half of the instances at most. Missed calls are told during the run.
test_rwtime_counts_others_while_a_user_has_1001_reads_under_way() {
	local status=0
	start rwtime --json -P
	block read 1001 0
	await ' read: too many calls' $err
	$io files
	setpriv --reuid 65533 cat /etc/hostname > /dev/null
	unblock
	finish || status=$?
	[ $status -eq 5 ]
	[ "$(sum '.op == "read" and .comm == "io"' latency)" -eq 17 ]
	[ "$(sum '.op == "read" and .comm == "cat"' latency)" -ge 2 ]
	[ $(($(sum '.op == "read" and .comm == "blocked"' latency) + $(uncounted read))) -ge 1001 ]
}

# What a read waits for is its time: half a second for the writer of a pipe.
test_rwtime_measures_the_time_that_calls_wait() {
	start rwtime --json -m -n cat
	(sleep 0.7; echo) | cat > /dev/null
	finish
	jq -e -s 'map(select(.op == "read")) | length == 1 and .[0].latency.unit == "msecs"
		and (.[0].latency.buckets[-1] | .low >= 512 and .count == 1)' $out
}

test_rwtime_p_shows_one_process_and_s_sendfile() {
	bash -c "kill -STOP \$\$; exec $io pipes" &
	held=$!
	eventually 10 grep -q '^State:.T' /proc/$held/status
	start rwtime --json -p $held -P
	$io pipes
	kill -CONT $held
	wait $held
	finish
	jq -e -s "all(.pid == $held)" $out
	[ "$(sum '.comm == "io"' latency)" -eq 32 ]
}

# The threads' own names make no rows of their own, nor does a new name of the process.
test_rwtime_P_has_one_row_for_a_process_of_many_names() {
	start rwtime --json -P
	$io threads
	finish
	jq -e -s 'map(select(.op == "read" and .comm == "io")) | length == 1 and .[0].latency.count == 50' $out
	start rwtime --json -P
	$io names 20
	finish
	jq -e -s 'map(select(.op == "read" and (.comm | startswith("lwname")))) | length == 1 and .[0].comm == "lwname19"
		and .[0].latency.count == 20' $out
}

# A shell that reads 4 lines from a pipe and becomes another program: its first name is not the last.
test_rwtime_P_shows_the_name_that_a_process_had_last() {
	local i shell
	start rwtime --json -P
	for i in 1 2 3 4 5; do
		(printf 'a\nb\nc\nd\n'; sleep 0.1) | bash -c "
			echo \$\$ > $work/shell; for i in 1 2 3 4; do read -r; done; exec taskset -c $((i % 2)) $io threads"
		shell=$(cat $work/shell)
		echo $shell >> $work/shells
	done
	finish
	while read -r shell; do
		jq -e -s "map(select(.op == \"read\" and .pid == $shell)) | length == 1 and .[0].comm == \"io\"
			and .[0].latency.count >= 58" $out
	done < $work/shells
}

# by_either_name FIELD TOOL [OPTION...] - a process's name finds all its threads, and a thread's that one
by_either_name() {
	local field=$1
	shift
	start "$@" -n io
	$io threads
	finish
	jq -s "[.[] | select(.op == \"read\" or .op == \"R\") | $field] | add" $out > $work/process
	start "$@" -n connectio,page_clean
	$io threads
	finish
	jq -s "[.[] | select(.op == \"read\" or .op == \"R\") | $field] | add" $out > $work/threads
	echo "process $(cat $work/process) threads $(cat $work/threads)"
	[ "$(cat $work/process)" -eq 50 ] && [ "$(cat $work/threads)" -eq 20 ]
}

test_rwtime_n_and_fslatency_n_take_a_process_s_name_or_a_thread_s() {
	by_either_name .latency.count rwtime --json
	by_either_name .latency.count fslatency --json
}

test_fsslower_n_takes_a_process_s_name_and_shows_the_thread_s() {
	by_either_name 1 fsslower --json -m 0
	jq -e -s 'map(.comm) | unique == ["connection", "page_cleaner"]' $out
}

test_syscallbypid_n_takes_a_process_s_name_and_shows_that() {
	start syscallbypid --json -T 0 -n page_clean
	$io threads
	finish
	jq -e -s 'map(select(.syscall == "pread64")) | map([.comm, .count]) == [["io", 10]]' $out
	start syscallbypid --json -T 0 -n io
	$io threads
	finish
	jq -e -s 'map(select(.syscall == "pread64")) | map([.comm, .count]) == [["io", 50]]' $out
}

# ---- fslatency, fsslower ----

test_fslatency_counts_files_only_by_type_and_operation() {
	start fslatency --json -n io
	$io files
	$io pipes
	finish
	[ "$(sum '.fs == "ext4" and .op == "read"' latency)" -eq 17 ]
	[ "$(sum '.fs == "ext4" and .op == "write"' latency)" -eq 19 ]
	[ "$(sum '.fs == "ext4" and .op == "fsync"' latency)" -eq 3 ]
	jq -e -s 'length == 3' $out
	sound_distributions latency
}

test_fslatency_shows_a_type_whose_driver_has_gone() {
	nvme_disk
	romfs_image > /dev/nvme0n1
	mkdir $work/mounted
	start fslatency --json -n cat
	mount -t romfs /dev/nvme0n1 $work/mounted
	cat $work/mounted/f
	umount $work/mounted
	rmmod romfs
	finish
	jq -e -s 'map(select(.fs == "romfs" and .op == "read")) | length == 1 and .[0].latency.count >= 1' $out
}

test_fslatency_t_shows_a_type_only() {
	start fslatency --json -t xfs
	$io files
	finish
	[ ! -s $out ]
	start fslatency --json -t ext4 -n io
	$io files
	finish
	[ "$(sum true latency)" -eq 39 ]
}

test_fsslower_shows_each_call_with_its_offset_and_file() {
	start fsslower --json -m 0 -n io
	$io files
	$io pipes
	finish
	[ "$(wc -l < /dev/shm/lw-io.json)" -eq 39 ]
	jq -c '{op, bytes, offset, file}' $out > $work/got
	same /dev/shm/lw-io.json $work/got
	jq -e -s 'all(.fs == "ext4" and .comm == "io" and .uid == 0 and .ms >= 0)' $out
	start fsslower --json -m 0 -n io -F
	$io files
	finish
	jq -e -s 'length == 39 and all(.file == "/var/tmp/lw-io-file")' $out
}

test_fsslower_m_shows_slow_calls_only() {
	start fsslower --json -m 0 -n dd
	dd if=/dev/zero of=/var/tmp/lw-slow bs=1M count=16 conv=fsync status=none
	finish
	jq -c 'select(.ms >= 2)' $out > $work/slow
	[ -s $work/slow ]
	start fsslower --json -m 2 -n dd
	dd if=/dev/zero of=/var/tmp/lw-slow bs=1M count=16 conv=fsync status=none
	finish
	rm /var/tmp/lw-slow
	jq -e -s 'length > 0 and all(.ms >= 2) and any(.op == "F")' $out
	start fsslower --json -m 60000
	$io files
	finish
	[ ! -s $out ]
}

# ---- biolatency, bitesize ----

nvme_direct() {
	dd if=/dev/zero of=/dev/nvme0n1 bs=8k count=101 oflag=direct status=none
	dd if=/dev/nvme0n1 of=/dev/null bs=4k count=53 iflag=direct status=none
	pause 0.5
}

# With a flush, whose end ends what came with it once more
nvme_flush() {
	dd if=/dev/zero of=/dev/nvme0n1 bs=8k count=3 conv=fsync status=none
	pause 0.5
}

# as_diskstats OPTION...
as_diskstats() {
	requests_as_diskstats nvme_direct 154 0 "$@"
	# 156 in diskstats and 155 here, once in some eighty runs with both kinds of I/O: not explained
	requests_as_diskstats nvme_flush 2 1 "$@"
}

# requests_as_diskstats IO LEAST MISSING OPTION... - that many at least, and that many less
# than diskstats has at most
requests_as_diskstats() {
	local io=$1 least=$2 missing=$3 before after counted
	shift 3
	nvme_disk
	start biolatency --json "$@"
	before=$(requests_done)
	$io
	after=$(requests_done)
	grep nvme0n1 /proc/diskstats
	finish
	counted=$(sum '.disk == "nvme0n1"' latency)
	jq -c '.latency.buckets' $out
	echo "$io: $counted counted, diskstats $((after - before))"
	[ $((after - before)) -ge $least ]
	[ $counted -le $((after - before)) ]
	[ $counted -ge $((after - before - missing)) ]
	sound_distributions latency
}

test_biolatency_counts_what_diskstats_counts() {
	as_diskstats -D
}

test_biolatency_Q_and_d_count_the_same() {
	as_diskstats -D -Q
	as_diskstats -D -d nvme0n1
	jq -e -s 'all(.disk == "nvme0n1")' $out
}

# with_partitions COMMAND... - with two of that disk, from sector 2048 and from 8192 on
with_partitions() {
	local status
	nvme_disk
	$io partition /dev/nvme0n1 1 2048 4096
	$io partition /dev/nvme0n1 2 8192 4096
	eventually 5 test -b /dev/nvme0n1p2
	strictly "$@"
	$io partition /dev/nvme0n1 1 0 0
	$io partition /dev/nvme0n1 2 0 0
	return $status
}

to_both_partitions() {
	dd if=/dev/zero of=/dev/nvme0n1p1 bs=4k count=7 oflag=direct status=none
	dd if=/dev/zero of=/dev/nvme0n1p2 bs=4k count=5 oflag=direct status=none
	# Its last sectors, and the first after it
	dd if=/dev/zero of=/dev/nvme0n1 bs=512 seek=6140 count=8 oflag=direct status=none
}

# shows_requests N DISK - of that option's value
shows_requests() {
	start biolatency --json -D -d "$2"
	to_both_partitions
	finish
	jq -e -s "length == 1 and .[0].disk == \"nvme0n1\" and .[0].latency.count == $1" $out
	start bitesize --json -d "$2"
	to_both_partitions
	finish
	jq -e -s "map(.size.count) | add == $1" $out
}

partitions_are_told_apart() {
	ln -s /dev/nvme0n1p2 $work/by-id
	shows_requests 20 nvme0n1
	shows_requests 20 /dev/nvme0n1
	shows_requests 11 nvme0n1p1
	shows_requests 5 /dev/nvme0n1p2
	shows_requests 5 $work/by-id
}

test_biolatency_and_bitesize_d_take_a_partition_and_a_path() {
	with_partitions partitions_are_told_apart
}

test_biolatency_and_bitesize_d_refuse_what_is_no_disk() {
	nvme_disk
	exits 2 'biolatency: option -d: no disk "nosuch" here; there are nvme0n1, vda, vdb' lwload biolatency -d nosuch
	exits 2 'bitesize: option -d: no disk "/etc/hostname" here; there are ' lwload bitesize -d /etc/hostname
	exits 2 'biolatency: option -d: no disk "../vda" here; there are ' lwload biolatency -d ../vda
	nothing_is_inserted
}

test_fslatency_and_fsslower_t_refuse_what_is_no_type() {
	exits 2 'fslatency: option -t: this kernel has no type of file system "nosuchfs"; those of disks are ' \
		lwload fslatency -t nosuchfs
	grep -w ext4 $err
	exits 2 'fsslower: option -t: this kernel has no type' lwload fsslower -t ext
	lwload fsslower -t tmpfs --duration 0.3 > $out
	# Its module is not loaded, and could be.
	not grep -w xfs /proc/filesystems
	lwload fslatency -t xfs --duration 0.3 > $out
}

test_biolatency_F_and_D_tell_operation_and_disk() {
	quiet_disk
	start biolatency --json -F -D
	direct_writes 8k 101
	finish
	[ "$(sum '.disk == "vda" and (.flags | test("Sync-.*Write"))' latency)" -eq 101 ]
}

test_biolatency_reports_at_intervals() {
	start biolatency "$(stretched 1)" 3
	while kill -0 $lwload 2>/dev/null; do direct_writes 8k 11; sleep 0.2; done
	wait $lwload
	[ "$(grep -c '^[0-2][0-9]:[0-5][0-9]:[0-5][0-9][.][0-9]*$' $out)" -eq 3 ]
	[ "$(grep -c 'usecs  *: count *distribution' $out)" -eq 3 ]
	grep -qE '^ +[0-9]+ -> [0-9]+ +: [0-9]+ +\|\*+ *\|$' $out
}

test_bitesize_shows_53_writes_of_8_KiB_by_dd() {
	quiet_disk
	start bitesize --json -c nobody,dd
	direct_writes 8k 53
	direct_writes 64k 7
	finish
	jq -e -s 'length == 1 and (.[0] | .comm == "dd" and .size.unit == "kbytes"
		and .size.sum == 53 * 8 + 7 * 64
		and .size.buckets == [{low: 8, high: 15, count: 53}, {low: 64, high: 127, count: 7}])' $out
}

# Sizes are added up in bytes.
test_bitesize_sums_writes_of_512_bytes() {
	quiet_disk
	start bitesize --json -c dd
	direct_writes 512 7
	finish
	jq -e -s 'map(.size | [.sum, .count, .buckets]) == [[3, 7, [{low: 0, high: 1, count: 7}]]]' $out
}

test_bitesize_reports_200_commands_and_counts_what_has_no_room() {
	local status=0 lost
	start bitesize "$(stretched 4)" 1 --json -c lwname
	$io names 200
	wait $lwload
	jq -e -s 'length == 200 and all(.size.count == 1)' $out
	not grep -q 'not counted' $err
	# Each CPU has room for half as many of one user, until they are collected.
	start bitesize --json -c lwname
	$io names 20000
	finish || status=$?
	[ $status -eq 5 ]
	lost=$(sed -n 's/^lwload: warning: bitesize: \([0-9]*\) events were not counted: more distributions at once .*/\1/p' $err | tail -n 1)
	jq -e -s "length >= 256 and (map(.size.count) | add) + $lost == 20000" $out
}

# 510 in all, while there is room for half as many of one user at once.
test_bitesize_forgets_commands_that_are_gone() {
	local first
	start bitesize 1 --json -c lwname
	for first in 0 170 340; do
		$io names 170 $first
		sleep 6
	done
	finish
	jq -e -s 'length == 510 and (map(.comm) | unique | length) == 510 and all(.size.count == 1)' $out
	not grep -q 'not counted' $err
}

# Reads of threads count for their process: 50 of them, and the write before.
test_bitesize_counts_by_the_name_of_the_process() {
	$io names 1
	sync
	start bitesize --json -c io,connection,page_clean
	$io threads
	finish
	jq -e -s 'length == 1 and (.[0] | .comm == "io" and .size.buckets == [{low: 4, high: 7, count: 51}])' $out
}

# ---- syscallbypid ----

# calls COMM NAME - how often
calls() {
	jq -s "[.[] | select(.comm == \"$1\" and .syscall == \"$2\") | .count] | add // 0" $out
}

test_syscallbypid_counts_by_name_in_both_tables() {
	start syscallbypid --json -T 0
	$io calls
	finish
	[ "$(calls io getppid)" -eq 101 ]
	[ "$(calls io getuid)" -eq 47 ]
	[ "$(calls io close)" -eq 13 ]
	[ "$(calls io 'getppid(ia32)')" -eq 23 ]
	[ "$(calls io 'close(ia32)')" -eq 7 ]
	jq -e -s 'map(.count) | . == (sort | reverse)' $out
}

test_syscallbypid_x_counts_failed_calls_and_n_by_name() {
	start syscallbypid --json -T 0 -x -n io
	$io calls
	finish
	[ "$(calls io close)" -eq 13 ]
	[ "$(calls io 'close(ia32)')" -eq 7 ]
	[ "$(calls io getppid)" -eq 0 ]
	jq -e -s 'all(.comm == "io")' $out
}

test_syscallbypid_p_and_n_take_lists() {
	mkfifo $work/go
	bash -c "read -r < $work/go; exec $io calls" &
	held=$!
	start syscallbypid --json -T 0 -n nobody,io -p "4194303,$held,4194302"
	$io calls
	echo go > $work/go
	wait $held
	finish
	[ "$(calls io getppid)" -eq 101 ]
	jq -e -s "all(.pid == $held and .comm == \"io\")" $out
	start syscallbypid --json -T 0 -n nobody,oi
	$io calls
	finish
	[ ! -s $out ]
}

test_syscallbypid_T_shows_the_highest_only() {
	start syscallbypid --json -T 2 -n io
	$io calls
	finish
	jq -e -s 'map([.syscall, .count]) == [["getppid", 101], ["getuid", 47]]' $out
}

# More than there is room for, 2048 of a process and a call, but not in the three seconds
# until a place is given back, however fast the host is.
test_syscallbypid_forgets_processes_that_are_gone() {
	start syscallbypid 1 --json -T 0 -n true
	for _ in $(seq 6); do
		for _ in $(seq 50); do /bin/true; done
		sleep 1.5
	done
	finish
	[ "$(jq -s '[.[] | select(.syscall == "exit_group" or .syscall == "execve")] | length' $out)" -ge 290 ]
	not grep -q 'not counted' $err
}

# made WHO CALL WANT - how often processes with this name, or the process with this id, made the call
made() {
	local count
	count=$(jq -s --arg who "$1" --arg call "$2" \
		'[.[] | select((.comm == $who or (.pid | tostring) == $who) and .syscall == $call) | .count] | add // 0' $out)
	[ "$count" -eq "$3" ] || { echo "$1: $2 $count times, not $3"; return 1; }
}

# A call may change its number, its caller or its return: it counts once.
test_syscallbypid_counts_each_call_once() {
	local threads
	start syscallbypid --json -T 0
	$odd forks
	$odd threads 101
	$odd signals 47
	$odd denied
	$odd traced
	finish
	made forks fork 7
	made forks vfork 5
	made forks clone 3
	made forks clone3 4
	made forks 'fork(ia32)' 2
	made forks exit_group 22
	threads=$(($(calls threads clone) + $(calls threads clone3)))
	[ $threads -eq 101 ]
	made threads exit 101
	made threads exit_group 1
	made signals rt_sigreturn 47
	made denied getppid 9
	made denied getuid 5
	made denied getgid 4
	made denied geteuid 6
	# With that of the shell
	made denied execve 3
	made traced getppid 2
	made traced unknown 4
}

test_syscallbypid_counts_execs_by_who_calls() {
	start syscallbypid --json -T 0
	$odd execs &
	wait $!
	finish
	# The one by which it began is the shell's.
	made $! execve 5
	made $! execveat 1
	made $! 'execve(ia32)' 1
	made $! 'sigreturn(ia32)' 6
	made $! 'rt_sigreturn(ia32)' 5
	made $! 'kill(ia32)' 11
	made $! exit_group 1
}

# The kernel begins a call anew that a signal interrupts, or the call fails.
test_syscallbypid_counts_interrupted_calls_once() {
	start syscallbypid --json -T 0
	$odd anew
	$odd interrupted
	$odd stopped
	finish
	made anew readv 1
	made anew rt_sigreturn 3
	made interrupted readv 3
	made interrupted nanosleep 1
	made stopped nanosleep 1
	made stopped pause 1
	jq -e -s 'all(.syscall != "restart_syscall")' $out
}

test_syscallbypid_x_counts_calls_that_failed_for_the_program() {
	start syscallbypid --json -T 0 -x
	$odd forks
	$odd signals 47
	$odd denied
	$odd anew
	$odd interrupted
	$odd stopped
	$odd execs
	finish
	made denied getppid 9
	made denied getuid 0
	made denied getgid 4
	made denied execve 2
	made interrupted readv 3
	made interrupted nanosleep 1
	made execs execve 3
	jq -e -s 'all(.comm != "forks" and .comm != "signals" and .comm != "anew" and .comm != "stopped")' $out
}

# Whatever numbers a process makes up, they are one row.
test_syscallbypid_shows_made_up_numbers_as_one_row() {
	start syscallbypid --json -T 0
	$odd numbers
	finish
	made numbers unknown 32271
	jq -e -s 'all(.syscall | test("^[0-9]+$") | not)' $out
}

# As long as the reader reads, a report may be more than the buffer, 1 MiB.
test_syscallbypid_shows_22400_rows() {
	local rows lost
	start syscallbypid --json -T 0 -n keys-of-childre
	$odd keys 1400
	finish || [ $? -eq 5 ]
	# On a slow host some find no place. That is told apart from what found no room in the buffer.
	not grep -q 'lost' $err
	lost=$(sed -n 's/^lwload: warning: syscallbypid: \([0-9]*\) events were not counted: .*/\1/p' $err | tail -n 1)
	rows=$(jq -s 'map(select(.syscall != "prctl" and .comm == "keys-of-childre" and .count == 1)) | length' $out)
	echo "$rows rows, ${lost:-0} not counted"
	[ "$rows" -ge 21000 ]
	[ $((rows + ${lost:-0})) -ge 22400 ]
}

# ---- accept2close ----

test_accept2close_follows_7_connections() {
	start accept2close --json -T
	$traffic accepts > $work/want
	finish
	[ "$(wc -l < $work/want)" -eq 7 ]
	jq -c 'select(.comm == "traffic") | {fd, raddr, rport, laddr, lport}' $out > $work/got
	jq -c . $work/want > $work/sorted
	same $work/sorted $work/got
	jq -e -s 'map(select(.comm == "traffic") | .ms) | .[0] >= 20 and .[1] >= 120 and .[2] >= 220
		and .[3] >= 20 and .[6] >= 20 and all(. < 2000)' $out
	jq -e -s '.[-1].open | .count == 7 and .unit == "usecs"' $out
}

test_accept2close_follows_others_while_a_user_has_1001_accepts_under_way() {
	local status=0
	start accept2close --json
	block accept 1001 43
	await 'accept4: too many calls' $err
	$traffic accepts > $work/want
	unblock
	finish || status=$?
	[ $status -eq 5 ]
	[ "$(jq -s 'map(select(.comm == "traffic")) | length' $out)" -eq 7 ]
}

test_accept2close_m_shows_long_ones_only() {
	start accept2close --json -m 100
	$traffic accepts > $work/want
	finish
	jq -e -s 'map(select(.comm == "traffic")) | length == 4 and all(.ms >= 100)' $out
	start accept2close -q
	$traffic accepts > $work/want
	finish
	not grep -q traffic $out
	[ "$(awk '$2 == "->" { n += $5 } END { print n }' $out)" -eq 7 ]
}

test_accept2close_sees_who_closes_what_was_passed_on() {
	start accept2close --json
	$traffic passes > $work/want
	finish
	jq -c 'select(.comm == "traffic") | {pid, fd}' $out > $work/got
	same $work/want $work/got
}

# More than the table has places for: a half is all that one user gets.
test_accept2close_one_user_leaves_others_their_places() {
	start accept2close --json
	# With a standard input of its own, which ends when this shell closes it
	mkfifo $work/hold
	bash -c "ulimit -n 40000; exec setpriv --reuid 65534 --clear-groups $traffic holds 17000" \
		< $work/hold > $work/held &
	exec 8> $work/hold
	await held $work/held 30
	$traffic accepts > $work/want
	exec 8>&-
	wait $!
	ends_with=0
	finish || ends_with=$?
	[ $ends_with -eq 5 ]
	grep -q 'more under way at once than there is room for' $err
	[ "$(jq -s 'map(select(.comm == "traffic" and .uid == 0)) | length' $out)" -eq 7 ]
	[ "$(jq -s 'map(select(.comm == "traffic" and .uid == 65534)) | length' $out)" -le 8192 ]
}

# ---- weblatency ----

test_weblatency_shows_11_requests_of_the_client() {
	start weblatency --json
	$traffic http > $work/want
	finish
	[ "$(wc -l < $work/want)" -eq 11 ]
	jq -c '{status, method, path}' $work/want > $work/sorted
	jq -c 'select(.comm == "traffic") | {status, method, path}' $out > $work/got
	same $work/sorted $work/got
	jq -s '[.[].least]' $work/want > $work/least
	jq -e -s --slurpfile least $work/least 'map(.ms) as $ms | all(range(11); $ms[.] >= $least[0][.] and $ms[.] < 2000)' $out
	jq -e -s 'all(.raddr == "127.0.0.1" and .laddr == "127.0.0.1" and .rport > 0 and .lport > 0)' $out
}

test_weblatency_s_shows_the_server_s_side() {
	start weblatency --json -s
	$traffic http > $work/want
	finish
	jq -c '{status, method, path}' $work/want > $work/sorted
	jq -c 'select(.comm == "server") | {status, method, path}' $out > $work/got
	same $work/sorted $work/got
}

test_weblatency_m_shows_slow_ones_only() {
	start weblatency --json -m 50
	$traffic http > $work/want
	finish
	# A busy host may make others slow as well.
	jq -e -s 'all(.ms >= 50) and (map(select(.path == "/503/60/last")) | length == 3 and all(.ms >= 60)) and length < 11' $out
}

# A kprobe sees what is sent, and a return probe what is received: the filter must hold in both.
test_weblatency_p_and_n_take_lists() {
	mkfifo $work/go
	bash -c "read -r < $work/go; exec $traffic http" > $work/want &
	held=$!
	start weblatency --json -n nobody,raffi -p "4194303,$held"
	$traffic http > $work/others
	echo go > $work/go
	wait $held
	finish
	[ "$(wc -l < $work/want)" -eq 11 ]
	jq -e -s "length == 11 and all(.pid == $held and .comm == \"traffic\")" $out
	start weblatency --json -n nobody,server
	$traffic http > $work/others
	finish
	[ ! -s $out ]
}

# odd SIDE - the records that are due on that side of what traffic odd does
odd() {
	local files=.
	# Before 6.5, sendfile(2) came to TCP by another way.
	[ "$(printf '%s\n' 6.5 "$(uname -r)" | sort -V | head -n 1)" = 6.5 ] || [ "$1" = server ] || files='.side != "sendfile"'
	jq -c "select($files and (.side == \"\" or .side == \"sendfile\" or .side == \"$1\")) | {status, method, path}" $work/want
}

# Bodies, pieces, responses that come early, overlap or are waited for, and whatever else looks like a request
test_weblatency_tells_requests_from_what_looks_like_them() {
	start weblatency --json
	$traffic odd > $work/want
	finish
	odd client > $work/sorted
	jq -c 'select(.comm == "traffic") | {status, method, path}' $out > $work/got
	same $work/sorted $work/got
}

test_weblatency_s_tells_requests_from_what_looks_like_them() {
	start weblatency --json -s
	$traffic odd > $work/want
	finish
	odd server > $work/sorted
	# Whether that request comes in a segment of its own is TCP's business.
	jq -c 'select(.comm == "traffic" and (.path | IN("/truth", "/false") | not)) | {status, method, path}' $out > $work/got
	same $work/sorted $work/got
}
