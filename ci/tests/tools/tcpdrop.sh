# shellcheck shell=bash
# tcpdrop.sh - tests of tcpdrop: known drops, beside the kernel's own count, and its options
# shellcheck disable=SC2154,SC2086 # names from lib.sh; none has a space

test_tcpdrop_shows_what_a_socket_counts() {
	start tcpdrop --json -t
	$tcp drops > $work/told
	finish
	jq -c . $work/told > $work/want
	jq -e -s 'length == 2 and all(.drops >= 4)' $work/want
	jq -c -s 'map(select(.reason == "SOCKET_FILTER")) | group_by(.saddr == "::1")[] |
		{saddr: .[0].saddr, sport: .[0].sport, daddr: .[0].daddr, dport: .[0].dport, drops: length}' $out > $work/got
	same $work/want $work/got
	jq -e -s 'map(select(.reason == "SOCKET_FILTER")) |
		all((.state == "ESTABLISHED" or .state == "") and (.flags | test("ACK")) and (.where | test("^(sk_|tcp_)")))' $out
}

test_tcpdrop_shows_a_segment_to_no_socket() {
	start tcpdrop --json
	$tcp connects > $work/told
	finish
	jq -c 'select(.err == 111) | [.lport, .rport, "SYN", "NO_SOCKET", ""]' $work/told > $work/want
	jq -c 'select(.reason == "NO_SOCKET" and .flags == "SYN") | [.sport, .dport, .flags, .reason, .state]' $out > $work/got
	same $work/want $work/got
	# A deaf socket listens. Two connects send a SYN, and one of them once more at least. Older kernels do not tell the socket.
	jq -e -s 'map(select(.reason == "SOCKET_FILTER")) | length >= 3 and all(.flags == "SYN" and (.state == "LISTEN" or .state == ""))' $out
}

test_tcpdrop_P_and_6() {
	start tcpdrop --json -6
	$tcp drops > $work/told
	finish
	jq -e -s 'length > 0 and all(.saddr == "::1")' $out
	start tcpdrop --json -P 1,2
	$tcp drops > $work/told
	finish
	[ ! -s $out ]
}
