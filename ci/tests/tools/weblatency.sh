# shellcheck shell=bash
# weblatency.sh - tests of weblatency: what it shows of a known workload, and its options
# shellcheck disable=SC2154,SC2086 # names from lib.sh; none has a space

test_weblatency_shows_11_requests_of_the_client() {
	start weblatency --json
	$traffic http > $work/want
	finish
	[ "$(wc -l < $work/want)" -eq 11 ]
	jq -c '{status, method, path}' $work/want > $work/sorted
	jq -c 'select(.comm == "traffic") | {status, method, path}' $out > $work/got
	same $work/sorted $work/got
	jq -s '[.[].least]' $work/want > $work/least
	jq -e -s --slurpfile least $work/least 'map(.ms) as $ms | all(range(11); $ms[.] >= $least[0][.] and $ms[.] < 2000)' $out
	jq -e -s 'all(.raddr == "127.0.0.1" and .laddr == "127.0.0.1" and .rport > 0 and .lport > 0)' $out
}

test_weblatency_s_shows_the_server_s_side() {
	start weblatency --json -s
	$traffic http > $work/want
	finish
	jq -c '{status, method, path}' $work/want > $work/sorted
	jq -c 'select(.comm == "server") | {status, method, path}' $out > $work/got
	same $work/sorted $work/got
}

test_weblatency_m_shows_slow_ones_only() {
	start weblatency --json -m 50
	$traffic http > $work/want
	finish
	# A busy host may make others slow as well.
	jq -e -s 'all(.ms >= 50) and (map(select(.path == "/503/60/last")) | length == 3 and all(.ms >= 60)) and length < 11' $out
}

# A kprobe sees sent bytes, and a return probe received bytes: the filter must work in both.
test_weblatency_p_and_n_take_lists() {
	mkfifo $work/go
	bash -c "read -r < $work/go; exec $traffic http" > $work/want &
	held=$!
	start weblatency --json -n nobody,raffi -p "4194303,$held"
	$traffic http > $work/others
	echo go > $work/go
	wait $held
	finish
	[ "$(wc -l < $work/want)" -eq 11 ]
	jq -e -s "length == 11 and all(.pid == $held and .comm == \"traffic\")" $out
	start weblatency --json -n nobody,server
	$traffic http > $work/others
	finish
	[ ! -s $out ]
}

# odd SIDE - prints the records that "traffic odd" must cause on that side
odd() {
	local files=.
	# Before 6.5, sendfile(2) came to TCP by another way.
	[ "$(printf '%s\n' 6.5 "$(uname -r)" | sort -V | head -n 1)" = 6.5 ] || [ "$1" = server ] || files='.side != "sendfile"'
	jq -c "select($files and (.side == \"\" or .side == \"sendfile\" or .side == \"$1\")) | {status, method, path}" $work/want
}

# Bodies, pieces, responses that come early, overlap or are waited for, and other bytes that look like a request
test_weblatency_tells_requests_from_what_looks_like_them() {
	start weblatency --json
	$traffic odd > $work/want
	finish
	odd client > $work/sorted
	jq -c 'select(.comm == "traffic") | {status, method, path}' $out > $work/got
	same $work/sorted $work/got
}

test_weblatency_s_tells_requests_from_what_looks_like_them() {
	start weblatency --json -s
	$traffic odd > $work/want
	finish
	odd server > $work/sorted
	# Whether that request comes in a segment of its own is TCP's business.
	jq -c 'select(.comm == "traffic" and (.path | IN("/truth", "/false") | not)) | {status, method, path}' $out > $work/got
	same $work/sorted $work/got
}

# PID did each of its deeds 3 times; see whose.sh.
weblatency_of_one_source() {
	records weblatency 'map([.pid, .path]) == ([[PID, "/deed"]] | . + . + .)'
}
