# shellcheck shell=bash
# bitesize.sh - tests of bitesize: what it shows of a known workload, and its options
# shellcheck disable=SC2154,SC2086 # names from lib.sh; none has a space

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
	not says events $err
	# Each CPU has room for half as many of one user, until they are collected.
	start bitesize --json -c lwname
	$io names 4000
	finish || status=$?
	[ $status -eq 5 ]
	lost=$(sed -n 's/^lwload: warning: bitesize: \([0-9]*\) events .*: .*distributions.*/\1/p' $err | tail -n 1)
	jq -e -s "length >= 256 and (map(.size.count) | add) + $lost == 4000" $out
}

# There are 510 requests in all, and one user has room for half as many at a time.
test_bitesize_forgets_commands_that_are_gone() {
	local first
	start bitesize 1 --json -c lwname
	for first in 0 170 340; do
		$io names 170 $first
		sleep 6
	done
	finish
	jq -e -s 'length == 510 and (map(.comm) | unique | length) == 510 and all(.size.count == 1)' $out
	not says events $err
}

# Reads of threads count for their process: there are 50, and the write before.
test_bitesize_counts_by_the_name_of_the_process() {
	$io names 1
	sync
	start bitesize --json -c io,connection,page_clean
	$io threads
	finish
	jq -e -s 'length == 1 and (.[0] | .comm == "io" and .size.buckets == [{low: 4, high: 7, count: 51}])' $out
}

# PID did each of its deeds 3 times; see whose.sh.
bitesize_of_one_source() {
	records bitesize 'map([.comm, (.size.buckets | map(select(.low == 4).count) | add)]) == [["ap-x", 6]]'
}
