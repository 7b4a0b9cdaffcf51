# shellcheck shell=bash
# tcplife.sh - tests of tcplife: both ends of known connections, with what they moved, and its options
# shellcheck disable=SC2154,SC2086 # names from lib.sh; none has a space

# sessions_of OPTION... - what the tool shows of the 10 ends of tcp.c, in $work/got; what it must show, in $work/want
sessions_of() {
	start tcplife --json "$@"
	$tcp sessions ${port-} > $work/told
	finish
	jq -c . $work/told | sort > $work/want
	jq -c 'select(.comm == "tcp" and .uid == 0) | {laddr, lport, raddr, rport, tx, rx}' $out | sort > $work/got
}

test_tcplife_shows_10_ends_and_their_bytes() {
	sessions_of
	[ "$(wc -l < $work/want)" -eq 10 ]
	same $work/want $work/got
	jq -e -s 'map(select(.comm == "tcp")) | all(.ms >= 50 and .ms < 60000)' $out
}

# Another process has the last descriptor of the accepted socket.
test_tcplife_says_who_opened_and_who_accepted() {
	start tcplife --json
	$traffic passes > $work/told
	finish
	jq -e -s --slurpfile told $work/told 'length == 2 and all(.comm == "traffic" and .pid > 0 and .pid != $told[0].pid)' $out
	jq -e -s 'map(.pid) | unique | length == 1' $out
}

test_tcplife_L_D_and_6_choose_ends() {
	sessions_of -6
	jq -c 'select(.laddr == "::1")' $work/want > $work/v6
	same $work/v6 $work/got
	# The servers have ports from 7000 to 7004.
	port=7000 sessions_of -L 7000,7003
	jq -c 'select(.lport == 7000 or .lport == 7003)' $work/want > $work/here
	[ "$(wc -l < $work/here)" -eq 2 ]
	same $work/here $work/got
	port=7000 sessions_of -D 7000,7001
	jq -c 'select(.rport == 7000 or .rport == 7001)' $work/want > $work/peer
	[ "$(wc -l < $work/peer)" -eq 2 ]
	same $work/peer $work/got
}

# Connects that fail are no connections.
test_tcplife_shows_no_connect_that_failed() {
	start tcplife --json
	$tcp connects > $work/told
	finish
	[ "$(jq -s 'map(select(.comm == "tcp")) | length' $out)" -eq 6 ]
}

# PID did each of its deeds 3 times, and each connection has two ends; see whose.sh.
tcplife_of_one_source() {
	records tcplife 'map(.pid) == [PID, PID, PID, PID, PID, PID]'
}
