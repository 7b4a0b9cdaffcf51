# shellcheck shell=bash
# tcpretrans.sh - tests of tcpretrans: known losses, beside the kernel's own count of segments that were sent again
# shellcheck disable=SC2154,SC2086 # names from lib.sh; none has a space

# retransmitted - prints the kernel's count
retransmitted() {
	awk '$1 == "Tcp:" { if (n) print $n; else for (i = 2; i <= NF; i++) if ($i == "RetransSegs") n = i }' /proc/net/snmp
}

test_tcpretrans_shows_what_the_kernel_counts() {
	local before
	start tcpretrans --json -s
	before=$(retransmitted)
	$tcp losses > $work/told
	after=$(retransmitted)
	finish
	[ $((after - before)) -ge 4 ]
	[ "$(jq -s 'map(.segs) | add' $out)" -eq $((after - before)) ]
	# Those of the client alone, in both connections
	jq -c . $work/told | sort > $work/want
	jq -c '{laddr, lport, raddr, rport}' $out | sort -u > $work/got
	same $work/want $work/got
	jq -e -s 'all(.state == "ESTABLISHED" and .seq > 0) and (map(.type) | unique == ["again", "probe"])' $out
}

# A SYN that nobody answers
test_tcpretrans_shows_syns() {
	start tcpretrans --json
	$tcp connects > $work/told
	finish
	port=$(jq 'select(.err == 110) | .lport' $work/told)
	jq -e -s "map(select(.lport == $port) | [.state, .type, .segs]) | unique == [[\"SYN_SENT\", \"again\", 1]]" $out
}

test_tcpretrans_c_counts_by_connection() {
	local before
	start tcpretrans --json -c
	before=$(retransmitted)
	$tcp losses > $work/told
	after=$(retransmitted)
	finish
	jq -c . $work/told | sort > $work/want
	jq -c '{laddr, lport, raddr, rport}' $out | sort > $work/got
	same $work/want $work/got
	[ "$(jq -s 'map(.count) | add' $out)" -eq $((after - before)) ]
}

test_tcpretrans_4_L_and_D_choose_connections() {
	start tcpretrans --json -6
	$tcp losses > $work/told
	finish
	jq -e -s 'length > 0 and all(.raddr == "::1")' $out
	start tcpretrans --json -L 1 -D 2
	$tcp losses > $work/told
	finish
	[ ! -s $out ]
}
