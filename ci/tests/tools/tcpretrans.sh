# shellcheck shell=bash
# tcpretrans.sh - tests of tcpretrans: known losses, beside the kernel's own count of segments that were sent again
# shellcheck disable=SC2154,SC2086 # names from lib.sh; none has a space

# retransmitted - prints the kernel's count
retransmitted() {
	awk '$1 == "Tcp:" { if (n) print $n; else for (i = 2; i <= NF; i++) if ($i == "RetransSegs") n = i }' /proc/net/snmp
}

# losses_with OPTION... - what it shows of the losses of tcp.c; sets sent to the kernel's count of them, and makes
# $work/want of the connections
losses_with() {
	local before
	start tcpretrans --json "$@"
	before=$(retransmitted)
	$tcp losses > $work/told
	sent=$(($(retransmitted) - before))
	finish
	jq -c . $work/told | sort > $work/want
}

test_tcpretrans_shows_what_the_kernel_counts() {
	losses_with -s
	[ $sent -ge 4 ]
	[ "$(jq -s 'map(.segs) | add' $out)" -eq $sent ]
	jq -c '{laddr, lport, raddr, rport}' $out | sort -u > $work/got
	same $work/want $work/got
	# On a busy host the program may close a connection before its last segment is sent again.
	jq -e -s '(map(.type) | unique) == ["again", "probe"] and (map(.state) | unique) - ["FIN_WAIT1"] == ["ESTABLISHED", "SYN_RECV", "SYN_SENT"]' $out
	jq -e -s 'map(select(.state == "SYN_RECV") | [.type, .seq, .segs]) | unique == [["again", null, 1]]' $out
}

# New data are sent for a probe where more waits than was sent. They are no retransmission for the kernel.
test_tcpretrans_l_shows_probes_with_new_data() {
	losses_with -l -s
	jq -c -s --slurpfile told $work/told 'map(select(.lport == $told[2].lport and .type == "probe"))' $out > $work/probes
	jq -e 'length >= 1 and all(.segs == 1)' $work/probes
	# A probe at the end of the connection may repeat data, and the kernel counts that.
	new=$(($(jq -s 'map(.segs) | add' $out) - sent))
	[ $new -ge 1 ]
	[ $new -le "$(jq length $work/probes)" ]
	# The probe has data that follow what is sent again.
	jq -e -s --slurpfile probes $work/probes --slurpfile told $work/told '
		(map(select(.lport == $told[2].lport and .type == "again") | .seq) | min) + 2000 < $probes[0][0].seq' $out
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
	losses_with -c
	jq -c '{laddr, lport, raddr, rport}' $out | sort > $work/got
	same $work/want $work/got
	[ "$(jq -s 'map(.count) | add' $out)" -eq $sent ]
}

test_tcpretrans_4_L_and_D_choose_connections() {
	start tcpretrans --json -6
	$tcp losses > $work/told
	finish
	jq -e -s 'length > 0 and all(.raddr == "::1")' $out
	start tcpretrans --json -D 7000
	$tcp losses 7000 > $work/told
	finish
	jq -e -s 'length > 0 and all(.raddr == "127.0.0.1" and .rport == 7000)' $out
	start tcpretrans --json -L 7000,7001
	$tcp losses 7000 > $work/told
	finish
	[ ! -s $out ]
}

# See proof.sh.
tcpretrans_deed() {
	$tcp losses
}

tcpretrans_of_deeds() {
	[ -s $work/tcpretrans.deed ]
	jq -c . $work/tcpretrans.deed | sort > $work/want
	jq -c '{laddr, lport, raddr, rport}' $work/tcpretrans.json | sort -u | comm -12 - $work/want > $work/got
	same $work/want $work/got
}
