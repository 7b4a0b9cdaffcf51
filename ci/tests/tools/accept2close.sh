# shellcheck shell=bash
# accept2close.sh - tests of accept2close: what it shows of a known workload, and its options
# shellcheck disable=SC2154,SC2086 # names from lib.sh; none has a space

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
	block accept 1001
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

# These connections are more than the table has places for. One user gets half of the places.
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

# PID did each of its deeds 3 times; see whose.sh.
accept2close_of_one_source() {
	records accept2close 'map(select(.ms) | .pid) == [PID, PID, PID]'
}
