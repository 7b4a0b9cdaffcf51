# shellcheck shell=bash
# biosnoop.sh - tests of biosnoop: each request of a known workload, beside the kernel's statistics, and its options
# shellcheck disable=SC2154,SC2086 # names from lib.sh; none has a space

# nvme_requests - 101 writes of 8 KiB by one process and 53 reads of 4 KiB by another; sets writer and reader
nvme_requests() {
	dd if=/dev/zero of=/dev/nvme0n1 bs=8k count=101 oflag=direct status=none &
	writer=$!
	wait $writer
	dd if=/dev/nvme0n1 of=/dev/null bs=4k count=53 iflag=direct status=none &
	reader=$!
	wait $reader
	pause 0.5
}

# sectors_done - prints the sectors that were read and written, by the kernel's statistics
sectors_done() {
	awk '$3 == "nvme0n1" { print $6 + $10 }' /proc/diskstats
}

test_biosnoop_shows_154_requests_as_diskstats_counts_them() {
	local requests sectors
	nvme_disk
	start biosnoop --json -d nvme0n1
	requests=$(requests_done) sectors=$(sectors_done)
	nvme_requests
	requests=$(($(requests_done) - requests)) sectors=$(($(sectors_done) - sectors))
	finish
	[ "$requests" -ge 154 ]
	[ "$(wc -l < $out)" -eq "$requests" ]
	[ "$(jq -s 'map(.bytes) | add' $out)" -eq $((512 * sectors)) ]
	jq -e -s "map(select(.pid == $writer)) | length == 101 and map(.sector) == [range(101) | 16 * .] and
		all(.bytes == 8192 and .uid == 0 and .comm == \"dd\" and (.op | test(\"Write\")) and .disk == \"nvme0n1\")" $out
	jq -e -s "map(select(.pid == $reader)) | length == 53 and map(.sector) == [range(53) | 8 * .] and
		all(.bytes == 4096 and (.op | test(\"Read\")) and .ms >= 0 and .ms < 60000)" $out
}

# A write that must be on the disk when it returns may wait for a flush. It is the program's, since Linux 6.5 always.
test_biosnoop_shows_who_makes_writes_that_wait_for_a_flush() {
	nvme_disk
	start biosnoop --json -d nvme0n1
	dd if=/dev/zero of=/dev/nvme0n1 bs=8k count=29 oflag=direct,dsync status=none &
	writer=$!
	wait $writer
	pause 0.5
	finish
	jq -c 'select(.bytes == 8192) | [.pid, .sector]' $out > $work/got
	[ "$(wc -l < $work/got)" -eq 29 ]
	case $(uname -r) in
	5.* | 6.1.*) ;;
	*) jq -e -s "map(.[0]) | unique == [$writer]" $work/got ;;
	esac
}

test_biosnoop_p_and_m_choose_requests() {
	nvme_disk
	mkfifo $work/go
	bash -c "read -r < $work/go; exec dd if=/dev/nvme0n1 of=/dev/null bs=4k count=11 iflag=direct status=none" &
	pid=$!
	start biosnoop --json -p $pid
	nvme_requests
	echo go > $work/go
	wait $pid
	finish
	jq -e -s "length >= 11 and all(.pid == $pid) and (map(select(.disk == \"nvme0n1\" and .bytes == 4096)) | length) == 11" $out
	# No request takes so long.
	start biosnoop --json -m 2147483647
	nvme_requests
	finish
	[ ! -s $out ]
}

test_biosnoop_Q_and_t_print_queues_and_times() {
	nvme_disk
	start biosnoop -Q -t
	nvme_requests
	finish
	head -n 1 $out | grep -qE '^TIME +UID +PID +COMM +DISK +OP +SECTOR +BYTES +QUEUED +MS$'
	[ "$(grep -cE "^[0-2][0-9]:[0-5][0-9]:[0-5][0-9][.][0-9]{3} +0 +$reader +dd +nvme0n1 +[^ ]*Read +[0-9]+ +4096 +[0-9.]+ +[0-9.]+$" $out)" -eq 53 ]
}

# PID did each of its deeds 3 times; see whose.sh.
biosnoop_of_one_source() {
	records biosnoop 'all(.pid == PID) and (map(select(.bytes == 4096 and (.op | test("Write"))) | .pid) == [PID, PID, PID])'
}
