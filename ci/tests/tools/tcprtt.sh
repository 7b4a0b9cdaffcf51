# shellcheck shell=bash
# tcprtt.sh - tests of tcprtt: times of known connections, beside what their sockets tell, and its options
# shellcheck disable=SC2154,SC2086 # names from lib.sh; none has a space

# exchange ADDRESS [PORT] - 101 bytes there and back; what the sockets tell goes to $work/told
exchange() {
	mkfifo $work/hold
	$tcp times "$@" < $work/hold > $work/told &
	pid=$!
	exec 8> $work/hold
	await server $work/told 30
}

end_exchange() {
	exec 8>&-
	wait $pid
	rm $work/hold
}

test_tcprtt_counts_the_segments_of_a_connection() {
	start tcprtt --json
	exchange 127.0.0.1
	finish
	end_exchange
	want=$(jq '.client + .server' $work/told)
	[ "$want" -ge 202 ]
	jq -e -s "map(.rtt.count) == [$want] and .[0].rtt.unit == \"usecs\"" $out
	# The client's time at the end is among those that were counted, or near them: its last segment is not counted.
	jq -e -s --slurpfile told $work/told '.[0].rtt.buckets as $b | $told[0].rtt |
		($b | map(.low) | min) / 4 <= . and . <= ($b | map(.high) | max) * 4' $out
}

test_tcprtt_B_and_6_by_address() {
	start tcprtt --json -B
	exchange 127.0.0.1
	end_exchange
	exchange ::1
	finish
	end_exchange
	jq -e -s 'map(.raddr) | sort == ["127.0.0.1", "::1"]' $out
	start tcprtt --json -bB
	exchange 127.0.0.1
	finish
	end_exchange
	jq -e -s 'map([.laddr, .raddr]) == [["127.0.0.1", "127.0.0.1"]]' $out
	start tcprtt --json -b -6 -m
	exchange 127.0.0.1
	end_exchange
	exchange ::1
	finish
	end_exchange
	jq -e -s 'map([.laddr, .rtt.unit]) == [["::1", "msecs"]]' $out
}

test_tcprtt_p_and_P_choose_ports() {
	# 101 segments and the last confirmation come to the server, and 101 to the client.
	start tcprtt --json -p 7000
	exchange 127.0.0.1 7000
	finish
	end_exchange
	[ "$(jq -s 'map(.rtt.count) | add' $out)" -eq "$(jq .server $work/told)" ]
	start tcprtt --json -P 7000
	exchange 127.0.0.1 7000
	finish
	end_exchange
	[ "$(jq -s 'map(.rtt.count) | add' $out)" -eq "$(jq .client $work/told)" ]
	jq -e '.client >= 101 and .server >= 101' $work/told
	start tcprtt --json -p 1 -P 2,3
	exchange 127.0.0.1 7000
	finish
	end_exchange
	jq -e -s 'map(.rtt // empty) == []' $out
}

# See proof.sh: deeds.c accepts three connections of its own, each with a request and its response.
tcprtt_of_deeds() {
	records tcprtt 'length == 1 and .[0].rtt.count >= 3 * 4'
}
