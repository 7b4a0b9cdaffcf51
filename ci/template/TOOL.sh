# shellcheck shell=bash
# TOOL.sh - tests of TOOL: its records of a known workload, and its options
# shellcheck disable=SC2154,SC2086 # names from lib.sh; none has a space

test_TOOL_sees_3_syncs() {
	start TOOL --json
	for _ in 1 2 3; do sync; done
	finish
	jq -e -s 'map(select(.comm == "sync" and .uid == 0)) | length == 3' $out
}

test_TOOL_p_shows_one_process() {
	mkfifo $work/go
	bash -c "read -r < $work/go; exec sync" &
	pid=$!
	start TOOL --json -p $pid
	sync
	echo go > $work/go
	wait $pid
	finish
	jq -e -s "map(.pid) == [$pid]" $out
}
