# shellcheck shell=bash
# biolatency.sh - tests of biolatency: what it shows of a known workload, and its options
# shellcheck disable=SC2154,SC2086 # names from lib.sh; none has a space

# See proof.sh: deeds.c writes to a file thrice.
biolatency_of_deeds() {
	records biolatency '(map(.latency.count) | add) >= 3'
}

nvme_direct() {
	dd if=/dev/zero of=/dev/nvme0n1 bs=8k count=101 oflag=direct status=none
	dd if=/dev/nvme0n1 of=/dev/null bs=4k count=53 iflag=direct status=none
	pause 0.5
}

# A flush ends, and the write that came with it ends a second time.
nvme_flush() {
	dd if=/dev/zero of=/dev/nvme0n1 bs=8k count=3 conv=fsync status=none
	pause 0.5
}

# as_diskstats OPTION... - the tool counts as many requests as /proc/diskstats
as_diskstats() {
	requests_as_diskstats nvme_direct 154 0 "$@"
	# 156 in diskstats and 155 here, once in some eighty runs with both kinds of I/O: not explained
	requests_as_diskstats nvme_flush 2 1 "$@"
}

# requests_as_diskstats IO LEAST MISSING OPTION... - the tool counts LEAST or more, and at most MISSING fewer than
# diskstats has
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

# with_partitions COMMAND... - runs it with two partitions of that disk, from sector 2048 and from 8192 on
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

# shows_requests N DISK - the tool shows N requests when its option has this disk
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
	exits 2 'biolatency: *-d: *"nosuch"*nvme0n1, vda, vdb' lwload biolatency -d nosuch
	exits 2 'bitesize: *-d: *disk*"/etc/hostname"' lwload bitesize -d /etc/hostname
	exits 2 'biolatency: *-d: *"../vda"*vda, vdb' lwload biolatency -d ../vda
	nothing_is_inserted
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
