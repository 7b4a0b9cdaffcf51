# shellcheck shell=bash
# tcpconnect.sh - tests of tcpconnect: good and bad connects as connect(2) tells their results, and its options
# shellcheck disable=SC2154,SC2086 # names from lib.sh; none has a space

# connects_of TOOL OPTION... - what it shows of the 15 connects of tcp.c, in $work/got; what it must show, in $work/want
connects_of() {
	start "$@" --json
	$tcp connects > $work/told
	finish
	jq -c . $work/told | sort > $work/want
	jq -c 'select(.comm == "tcp" and .uid == 0) | {laddr, lport, raddr, rport, err}' $out | sort > $work/got
}

test_tcpconnect_sees_15_connects_as_their_programs_do() {
	connects_of tcpconnect
	[ "$(wc -l < $work/want)" -eq 15 ]
	same $work/want $work/got
	# Twice the same connection, without a way, without an answer for three seconds, refused, given up
	jq -r 'select(.err > 0) | .err' $work/got | sort -n > $work/errors
	printf '%s\n' 99 99 101 101 101 110 111 125 125 > $work/want
	same $work/want $work/errors
	jq -e -s 'all(.ms >= 0) and (map(select(.err == 110) | .ms >= 1000) == [true])' $out
}

test_tcpconnect_x_shows_failures_only() {
	connects_of tcpconnect -x
	jq -c 'select(.err > 0)' $work/want > $work/failed
	[ "$(wc -l < $work/failed)" -eq 9 ]
	same $work/failed $work/got
}

test_tcpconnect_4_and_6_choose_the_protocol() {
	connects_of tcpconnect -6
	jq -c 'select(.raddr | contains(":"))' $work/want > $work/v6
	[ "$(wc -l < $work/v6)" -eq 2 ]
	same $work/v6 $work/got
	connects_of tcpconnect -4
	jq -c 'select(.raddr | contains(":") | not)' $work/want > $work/v4
	same $work/v4 $work/got
}

test_tcpconnect_P_and_c_count_by_port() {
	start tcpconnect --json -P 443,444
	$tcp connects > $work/told
	finish
	jq -e -s 'map([.raddr, .rport]) == [["203.0.113.1", 443], ["2001:db8::1", 443], ["203.0.113.2", 443]]' $out
	start tcpconnect --json -c
	$tcp connects > $work/told
	finish
	# A connect without a way counts nothing, since no connection was begun.
	jq -c 'select(.rport != 443) | {raddr, rport}' $work/told | sort | uniq -c | awk '{ print $2, $1 }' > $work/want
	jq -r 'select(.count) | "\({raddr, rport} | tojson) \(.count)"' $out | sort > $work/got
	same $work/want $work/got
	start tcpconnect -c
	$tcp accepts > $work/told
	finish
	grep -qE '^127.0.0.1 +[0-9]+ +5$' $out
	head -n 1 $out | grep -qE '^RADDR +RPORT +COUNT$'
}

# Programs that have chosen their port, before connect(2), and a user
test_tcpconnect_s_and_u() {
	connects_of tcpconnect -s 7100,7102
	[ ! -s $work/got ]
	start tcpconnect --json -s 7100,7102
	$tcp from 7100 > $work/told
	finish
	jq -e -s 'map([.lport, .err]) == [[7100, 0], [7102, 101]]' $out
	start tcpconnect --json -u 65534
	$tcp accepts > $work/told
	(as_user 65534 $tcp accepts) > $work/told
	finish
	jq -e -s 'map([.uid, .comm]) == [range(5) | [65534, "tcp"]]' $out
}

test_tcpconnect_t_prints_times() {
	start tcpconnect -t
	$tcp accepts > $work/told
	finish
	[ "$(grep -cE '^[0-2][0-9]:[0-5][0-9]:[0-5][0-9][.][0-9]{3} +0 +[0-9]+ +tcp +127.0.0.1 +[0-9]+ +127.0.0.1 +[0-9]+ +[0-9.]+ +0$' $out)" -eq 5 ]
}

# PID did each of its deeds 3 times; see whose.sh.
tcpconnect_of_one_source() {
	records tcpconnect 'map(.pid) == [PID, PID, PID]'
}
