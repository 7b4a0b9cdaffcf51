# shellcheck shell=bash
# tcpaccept.sh - tests of tcpaccept: known connections that wait, and its options
# shellcheck disable=SC2154,SC2086 # names from lib.sh; none has a space

test_tcpaccept_sees_5_connections_that_wait() {
	start tcpaccept --json -t
	$tcp accepts > $work/told
	finish
	jq -c . $work/told > $work/want
	[ "$(wc -l < $work/want)" -eq 5 ]
	jq -c 'select(.comm == "tcp" and .uid == 0) | {raddr, laddr, lport, waiting, most}' $out > $work/got
	same $work/want $work/got
}

test_tcpaccept_follows_others_while_a_user_has_1001_accepts_under_way() {
	local status=0
	start tcpaccept --json
	block accept 1001
	await 'inet_csk_accept: too many calls' $err
	$tcp accepts > $work/told
	unblock
	finish || status=$?
	[ $status -eq 5 ]
	[ "$(jq -s 'map(select(.comm == "tcp")) | length' $out)" -eq 5 ]
}

test_tcpaccept_P_and_6() {
	start tcpaccept --json -P 7000,7002
	$tcp sessions 7000 > $work/told
	finish
	jq -e -s 'map(.lport) == [7000, 7002]' $out
	start tcpaccept --json -6
	$tcp sessions > $work/told
	finish
	jq -e -s 'map([.laddr, .raddr]) == [["::1", "::1"]]' $out
}

# PID did each of its deeds 3 times; see whose.sh.
tcpaccept_of_one_source() {
	records tcpaccept 'map(.pid) == [PID, PID, PID]'
}
