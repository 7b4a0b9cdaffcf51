# shellcheck shell=bash
# cachestat.sh - tests of cachestat: known hits and misses of a disk's cache, beside the kernel's own counts
# shellcheck disable=SC2154,SC2086 # names from lib.sh; none has a space

# vmstat NAME - prints the kernel's count, with what its processors still have
vmstat() {
	cat /proc/sys/vm/stat_refresh > /dev/null
	awk -v name=$1 '$1 == name { print $2 }' /proc/vmstat
}

# 1009 pages are read twice, 503 others are written, and 211 read and then written. A few folios are those of other programs.
test_cachestat_counts_known_hits_misses_and_writes() {
	local dirtied
	nvme_disk
	start cachestat --json -i 1000
	dirtied=$(vmstat nr_dirtied)
	$io cache /dev/nvme0n1
	dirtied=$(($(vmstat nr_dirtied) - dirtied))
	finish
	jq -c . $out
	[ $dirtied -ge 714 ]
	jq -e -s "length == 1 and (.[0] | .misses >= 1220 and .misses < 1220 + 100 and .hits >= 1009 and
		.dirties >= $dirtied and .dirties < $dirtied + 50 and .cached > 0 and
		(.ratio - 100 * .hits / (.hits + .misses) | fabs) < 1)" $out
}

test_cachestat_reports_each_second() {
	start cachestat
	eventually 60 has_lines 7 $out
	finish
	[ "$(grep -cE '^ +HITS +MISSES +DIRTIES +RATIO +CACHED$' $out)" -ge 2 ]
	[ "$(grep -cE '^ +[0-9]+ +[0-9]+ +[0-9]+ +[0-9]+ +[0-9]+$' $out)" -ge 2 ]
}

# See proof.sh: 1009 pages are read twice, 503 others are written, and 211 read and then written. Since Linux 6.12 the
# 503 pages are 32 folios.
cachestat_deed() {
	$io cache /dev/nvme0n1
}

cachestat_of_deeds() {
	records cachestat '(map(.misses) | add) >= 1220 and (map(.hits) | add) >= 1009 and (map(.dirties) | add) >= 32 + 211'
}
