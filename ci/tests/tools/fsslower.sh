# shellcheck shell=bash
# fsslower.sh - tests of fsslower: what it shows of a known workload, and its options
# shellcheck disable=SC2154,SC2086 # names from lib.sh; none has a space

test_fsslower_n_takes_a_process_s_name_and_shows_the_thread_s() {
	by_either_name 1 fsslower --json -m 0
	jq -e -s 'map(.comm) | unique == ["connection", "page_cleaner"]' $out
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

# PID did each of its deeds 3 times; see whose.sh.
fsslower_of_one_source() {
	records fsslower 'map(select(.file | startswith("lw-deeds")) | [.pid, .op])
		== ([[PID, "W"], [PID, "R"]] | . + . + .)'
}
