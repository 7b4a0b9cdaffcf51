# shellcheck shell=bash
# fslatency.sh - tests of fslatency: what it shows of a known workload, and its options
# shellcheck disable=SC2154,SC2086 # names from lib.sh; none has a space

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

test_fslatency_and_fsslower_t_refuse_what_is_no_type() {
	exits 2 'fslatency: *-t: *file system "nosuchfs"' \
		lwload fslatency -t nosuchfs
	grep -w ext4 $err
	exits 2 'fsslower: *-t: *file system "ext"' lwload fsslower -t ext
	lwload fsslower -t tmpfs --duration 0.3 > $out
	# Its module is not loaded, and could be.
	not grep -w xfs /proc/filesystems
	lwload fslatency -t xfs --duration 0.3 > $out
}

# PID did each of its deeds 3 times; see whose.sh.
fslatency_of_one_source() {
	records fslatency 'map(select(.op == "write") | .latency.count) == [3]'
}
