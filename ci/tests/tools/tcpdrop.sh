# shellcheck shell=bash
# tcpdrop.sh - tests of tcpdrop: known drops, beside the kernel's own count, and its options
# shellcheck disable=SC2154,SC2086 # names from lib.sh; none has a space

# states_are STATE - is it the state of each record of a socket's filter? Before Linux 6.11, the kernel may not tell the socket
states_are() {
	local untold=
	case $(uname -r) in
	6.[0-9].* | 6.10.*) untold=' or .state == ""' ;;
	esac
	jq -e -s "map(select(.reason == \"SOCKET_FILTER\")) | length >= 3 and all(.state == \"$1\"$untold)" $out
}

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
		all((.flags | test("ACK")) and (.where | test("^(sk_|tcp_)")))' $out
	states_are ESTABLISHED
}

test_tcpdrop_shows_a_segment_to_no_socket() {
	start tcpdrop --json
	$tcp connects > $work/told
	finish
	jq -c 'select(.err == 111) | [.lport, .rport, "SYN", "NO_SOCKET", ""]' $work/told > $work/want
	jq -c 'select(.reason == "NO_SOCKET" and .flags == "SYN") | [.sport, .dport, .flags, .reason, .state]' $out > $work/got
	same $work/want $work/got
	# A deaf socket listens. Two connects send a SYN, and one of them once more at least.
	jq -e -s 'map(select(.reason == "SOCKET_FILTER")) | all(.flags == "SYN")' $out
	states_are LISTEN
}

test_tcpdrop_P_and_6() {
	start tcpdrop --json -6
	$tcp drops > $work/told
	finish
	jq -e -s 'length > 0 and all(.saddr == "::1")' $out
	start tcpdrop --json -P 7001
	$tcp drops 7000 > $work/told
	finish
	jq -e -s 'length > 0 and all(.saddr == "::1" and (.sport == 7001 or .dport == 7001))' $out
}

# See proof.sh.
tcpdrop_deed() {
	$tcp drops
}

tcpdrop_of_deeds() {
	[ -s $work/tcpdrop.deed ]
	jq -c . $work/tcpdrop.deed > $work/want
	jq -c --slurpfile rows $work/tcpdrop.json '(del(.drops)) as $ends |
		$ends + {drops: ($rows | map(select(.reason == "SOCKET_FILTER" and contains($ends))) | length)}' $work/want > $work/got
	same $work/want $work/got
}
