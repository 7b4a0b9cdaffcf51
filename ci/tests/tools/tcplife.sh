# shellcheck shell=bash
# tcplife.sh - tests of tcplife: both ends of known connections, with what they moved, and its options
# shellcheck disable=SC2154,SC2086 # names from lib.sh; none has a space

# sessions_of OPTION... - what the tool shows of the 10 ends of tcp.c, in $work/got; what it must show, in $work/want
sessions_of() {
	start tcplife --json "$@"
	$tcp sessions > $work/told
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

# The client ends only when the server has accepted, closed and gone: both are whose they were.
test_tcplife_says_who_opened_and_who_accepted() {
	start tcplife --json
	$traffic passes > $work/told
	finish
	jq -e -s 'length > 0 and all(.pid > 0 and .comm == "traffic")' $out
}

test_tcplife_L_D_and_6_choose_ends() {
	sessions_of -6
	jq -c 'select(.laddr == "::1")' $work/want > $work/v6
	same $work/v6 $work/got
	start tcplife --json -L 1,2
	$tcp sessions > $work/told
	finish
	[ ! -s $out ]
	start tcplife --json -D 1,2
	$tcp sessions > $work/told
	finish
	[ ! -s $out ]
}

# Connects that fail are no connections.
test_tcplife_shows_no_connect_that_failed() {
	start tcplife --json
	$tcp connects > $work/told
	finish
	[ "$(jq -s 'map(select(.comm == "tcp")) | length' $out)" -eq 5 ]
}

# PID did each of its deeds 3 times, and each connection has two ends; see whose.sh.
tcplife_of_one_source() {
	records tcplife 'map(.pid) == [PID, PID, PID, PID, PID, PID]'
}
