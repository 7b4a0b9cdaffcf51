# shellcheck shell=bash
# tcpconnlat.sh - tests of tcpconnlat: how long known handshakes take, and its options
# shellcheck disable=SC2154,SC2086 # names from lib.sh; none has a space

# Five of the 15 connects fail before anything is sent: twice the same connection, or without a way
test_tcpconnlat_shows_the_time_of_10_handshakes() {
	start tcpconnlat --json
	$tcp connects > $work/told
	finish
	jq -c 'select(.err != 99 and .err != 101)' $work/told | sort > $work/want
	[ "$(wc -l < $work/want)" -eq 10 ]
	jq -c 'select(.comm == "tcp") | {laddr, lport, raddr, rport, err}' $out | sort > $work/got
	same $work/want $work/got
	jq -e -s 'map(select(.comm == "tcp")) | all(.[]; .ms >= 0) and all(.[]; .err != 110 or (.ms > 1000 and .ms < 60000))' $out
}

test_tcpconnlat_m_shows_slow_ones_only() {
	start tcpconnlat --json -m 1000
	$tcp connects > $work/told
	finish
	jq -e -s 'map(.err) == [110]' $out
}

test_tcpconnlat_L_and_P() {
	start tcpconnlat -L
	$tcp accepts > $work/told
	finish
	port=$(jq -s '.[0].lport' $work/told)
	[ "$(grep -cE "^ +0 +[0-9]+ +tcp +127.0.0.1 +[0-9]+ +127.0.0.1 +$port +[0-9.]+ +0$" $out)" -eq 5 ]
	start tcpconnlat --json -P 7001,7004
	$tcp sessions 7000 > $work/told
	finish
	jq -e -s 'map(.rport) == [7001, 7004]' $out
}

# PID did each of its deeds 3 times; see whose.sh.
tcpconnlat_of_one_source() {
	records tcpconnlat 'map(.pid) == [PID, PID, PID]'
}
