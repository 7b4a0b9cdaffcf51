# shellcheck shell=bash
# metrics-guest.sh - runs in the guest: does Prometheus give the right answers about known workloads,
# by way of --metrics, node_exporter and its own scrapes? Prints TAP
#
# usage: metrics-guest.sh [TEST...]
# shellcheck disable=SC2154,SC2119 # io, out, err, work are of lib.sh; finish takes a signal, or none
set -eu
# shellcheck source=ci/tests/lib.sh
. /lw/tests/lib.sh

dir=/var/lib/prometheus/node-exporter

# ---- Prometheus ----

as_prometheus() {
	setpriv --reuid prometheus --regid prometheus --clear-groups "$@"
}

start_prometheus() {
	cat > /tmp/prometheus.yml <<-'END'
	global: { scrape_interval: 2s, scrape_timeout: 2s, evaluation_interval: 1m }
	rule_files: [/lw/examples/alerts.yml]
	scrape_configs:
	  - job_name: node
	    static_configs: [{ targets: ['127.0.0.1:9100'] }]
	END
	as_prometheus prometheus-node-exporter --collector.disable-defaults --collector.textfile \
		--web.listen-address=127.0.0.1:9100 > /tmp/exporter.log 2>&1 &
	as_prometheus prometheus --config.file=/tmp/prometheus.yml --web.listen-address=127.0.0.1:9090 \
		--storage.tsdb.path=/var/lib/prometheus/metrics2 > /tmp/prometheus.log 2>&1 &
	eventually 300 is_up
}

is_up() {
	[ "$(value 'up{job="node"}')" = 1 ]
}

# ask QUERY - prints the samples, as {"metric": {...}, "value": [TIME, "N"]}, one a line
ask() {
	curl -s 127.0.0.1:9090/api/v1/query --data-urlencode "query=$1" | jq -c '.data.result[]?' 2> /dev/null
}

# value QUERY - prints the value of its one sample
value() {
	ask "$1" | jq -r '.value[1]'
}

# is QUERY WANT - is that Prometheus' answer? After a scrape that took too long, on a busy machine,
# Prometheus has no answer until the next scrape, and so is asked again
is() {
	local got
	until got=$(value "$1"); [ "$got" = "$2" ]; do
		[ "$(value 'min_over_time(up[10s])')" = 0 ] || { echo "$1 is $got, wanted $2"; return 1; }
		sleep 1
	done
}

# mtime_of TOOL - prints the time of its file, in nanoseconds
mtime_of() {
	date -r "$dir/lwtools-$1.prom" +%s%N
}

is_newer() {
	[ "$(mtime_of "$1")" != "$2" ]
}

# written TOOL - waits until its file has been written twice more: the second report began after
# this call
written() {
	local before _
	for _ in 1 2; do
		before=$(mtime_of "$1")
		eventually 300 is_newer "$1" "$before"
	done
}

# second_is TOOL OPERATOR SECOND - compares the time of its file that Prometheus knows. node_exporter
# tells whole seconds
second_is() {
	test "$(value "node_textfile_mtime_seconds{file=\"$dir/lwtools-$1.prom\"}")" "$2" "$3" 2> /dev/null
}

# scraped TOOL - waits until Prometheus has read its file as of the next second, or later
scraped() {
	local want
	want=$(date -r "$dir/lwtools-$1.prom" +%s)
	eventually 300 second_is "$1" -gt "$want"
}

# scraped_once TOOL - waits until Prometheus has read a file that is not written again
scraped_once() {
	local want
	want=$(date -r "$dir/lwtools-$1.prom" +%s)
	eventually 300 second_is "$1" -eq "$want"
}

# metrics TOOL [OPTION...] - begins a run that writes metrics
metrics() {
	local tool=$1
	shift
	start "$tool" -i 1 --metrics "$dir/lwtools-$tool.prom" "$@"
}

# told TOOL - waits until Prometheus knows all that was done until now
told() {
	written "$1"
	scraped "$1"
}

has_no() {
	is_up && [ -z "$(ask "$1")" ]
}

# ended TOOL - stops the run; nothing is left of its file, here or in Prometheus
ended() {
	finish
	[ ! -s "$out" ]
	[ -z "$(ls "$dir")" ]
	eventually 300 has_no "lwtools_up{tool=\"$1\"}"
}

# ---- the tools ----

sizes() {
	direct_writes 8k 53
	direct_writes 64k 7
}

# Prints the buckets as [le, n] up to the last bound. A bucket of JSON ends below 2 * low KiB.
json_buckets() {
	jq -c -s '.[0].size.buckets as $all | [range(1; 15) | pow(2; .) as $low |
		[$low * 1024 - 1, ([$all[] | select(.low < $low) | .count] | add // 0)]]' "$out"
}

asked_buckets() {
	ask "$1" | jq -c -s 'map(select(.metric.le != "+Inf") | [(.metric.le | tonumber), (.value[1] | tonumber)]) | sort'
}

# buckets_are QUERY - are its answers those in $work/want?
buckets_are() {
	asked_buckets "$1" > "$work/got"
	same "$work/want" "$work/got"
}

test_metrics_of_sizes_are_the_ones_of_json() {
	quiet_disk
	start bitesize --json -c dd
	sizes
	finish
	json_buckets > "$work/want"
	jq -e -s 'length == 1 and .[0].size.count == 60' "$out"
	metrics bitesize -c dd
	sizes
	told bitesize
	# As in is()
	eventually 300 buckets_are 'lwtools_bitesize_size_bytes_bucket{comm="dd"}'
	# 8 KiB is more than 8191 bytes, and less than 16 KiB
	is 'lwtools_bitesize_size_bytes_count{comm="dd"}' 60
	is 'sum(lwtools_bitesize_size_bytes_sum)' $(((53 * 8 + 7 * 64) * 1024))
	sizes
	told bitesize
	is 'lwtools_bitesize_size_bytes_count{comm="dd"}' 120
	ended bitesize
}

test_metrics_of_calls_are_counts() {
	metrics syscallbypid -T 0 -n io
	$io calls
	$io calls
	told syscallbypid
	# Two processes make the calls; their ids are not labels.
	is 'lwtools_syscallbypid_count_total{comm="io",syscall="getppid"}' 202
	is 'lwtools_syscallbypid_count_total{comm="io",syscall="getuid"}' 94
	is 'lwtools_syscallbypid_count_total{comm="io",syscall="getppid(ia32)"}' 46
	is 'count(lwtools_syscallbypid_count_total{pid!=""}) or vector(0)' 0
	ended syscallbypid
}

test_metrics_of_times_count_each_call() {
	metrics fslatency -n io
	$io files
	told fslatency
	is 'lwtools_fslatency_latency_seconds_count{fs="ext4",op="read"}' 17
	is 'lwtools_fslatency_latency_seconds_count{fs="ext4",op="write"}' 19
	is 'lwtools_fslatency_latency_seconds_bucket{fs="ext4",op="fsync",le="+Inf"}' 3
	is 'count(lwtools_fslatency_latency_seconds_bucket{op="read"})' 28
	# A call takes less than two minutes, and more than a nanosecond.
	is 'lwtools_fslatency_latency_seconds_bucket{op="write",le="134.217728"}' 19
	is 'min(lwtools_fslatency_latency_seconds_sum) > bool 0' 1
	is 'histogram_quantile(0.5, lwtools_fslatency_latency_seconds_bucket{op="read"}) < bool 10' 1
	ended fslatency
}

# A time of half a second is in the right bucket, in a run that has reports before it ends.
test_metrics_of_times_are_in_seconds() {
	metrics rwtime -P -n cat
	slow_read 0.7
	told rwtime
	is 'lwtools_rwtime_latency_seconds_count{comm="cat",op="read"} - ignoring(le) lwtools_rwtime_latency_seconds_bucket{comm="cat",op="read",le="0.524288"} > bool 0' 1
	is 'lwtools_rwtime_latency_seconds_sum{comm="cat",op="read"} > bool 0.6' 1
	ended rwtime
}

# ---- every tool ----

# reporting - prints each tool that writes reports
reporting() {
	local tool
	for tool in $(lwload list | awk '$2 == "ready" { print $1 }'); do
		! lwload "$tool" --help | grep -q -- '--metrics FILE' || echo "$tool"
	done
}

# cut_option TOOL - prints the option with which its reports have all rows
cut_option() {
	! lwload "$1" --help | grep -q -- '-T, --top N' || echo --top 0
}

busy() {
	$io files
	$io pipes
	$io calls
	sizes
	$tcp sessions > /dev/null
}

# A command has a name that is hard to write. Reports have all rows.
test_metrics_of_every_tool_pass_promtool() {
	local tool n=0
	cp /bin/cat "$work/a\"b\\c"
	for tool in $(reporting); do
		# shellcheck disable=SC2046 # words
		metrics "$tool" $(cut_option "$tool")
		busy
		"$work/a\"b\\c" /etc/hostname > /dev/null
		told "$tool"
		cp "$dir/lwtools-$tool.prom" "$work/file"
		promtool check metrics < "$work/file"
		grep -q "^lwtools_${tool}_.* [1-9]" "$work/file"
		[ "$(stat -c '%a %U' "$dir/lwtools-$tool.prom")" = "644 root" ]
		[ -z "$(grep -v '^#' "$work/file" | sed 's/ [^ ]*$//' | sort | uniq -d)" ]
		is node_textfile_scrape_error 0
		is "lwtools_up{tool=\"$tool\"}" 1
		is "lwtools_info{kernel=\"$(uname -r)\",tool=\"$tool\"}" 1
		is "lwtools_lost_records_total{tool=\"$tool\"} + lwtools_missed_calls_total{tool=\"$tool\"}" 0
		is "time() - lwtools_start_time_seconds{tool=\"$tool\"} < bool 3000" 1
		ended "$tool"
		n=$((n + 1))
	done
	[ "$n" -ge 5 ]
}

test_metrics_of_two_tools_are_one_page() {
	metrics bitesize
	first=$lwload
	metrics fslatency
	busy
	told bitesize
	told fslatency
	is node_textfile_scrape_error 0
	is 'sum(lwtools_up)' 2
	finish
	lwload=$first
	ended bitesize
}

# ---- failures ----

test_metrics_of_a_killed_run_are_stale() {
	local mtime
	metrics bitesize
	told bitesize
	kill -KILL "$lwload"
	wait "$lwload" || :
	mtime=$(mtime_of bitesize)
	sleep 3
	[ "$(mtime_of bitesize)" = "$mtime" ]
	is lwtools_up 1
	is "time() - node_textfile_mtime_seconds{file=\"$dir/lwtools-bitesize.prom\"} > bool 2" 1
	metrics bitesize
	grep -q 'left' "$err"
	told bitesize
	is "time() - node_textfile_mtime_seconds{file=\"$dir/lwtools-bitesize.prom\"} < bool 60" 1
	ended bitesize
}

test_metrics_of_a_full_disk_go_on_later() {
	local status=0 file=$dir/lwtools-bitesize.prom
	mount -t tmpfs -o size=64k,mode=755 none "$dir"
	metrics bitesize
	written bitesize
	cat "$file" > /tmp/before
	dd if=/dev/zero of="$dir/full" bs=4k status=none || :
	await write "$err" 60
	sleep 3
	cmp "$file" /tmp/before || promtool check metrics < "$file"
	[ "$(grep -c 'No space left on device' "$err")" -eq 1 ]
	rm "$dir/full"
	told bitesize
	promtool check metrics < "$file"
	finish || status=$?
	[ "$status" -eq 5 ]
	[ -z "$(ls "$dir")" ]
	umount "$dir"
}

test_metrics_have_one_writer() {
	metrics bitesize
	exits 1 'fslatency: *lwtools-bitesize.prom: *another lwload' lwload fslatency --metrics "$dir/lwtools-bitesize.prom"
	echo 'node_x 1' > "$dir/x.prom"
	exits 1 'fslatency: */x.prom: *there*lwload' lwload fslatency --metrics "$dir/x.prom"
	mkdir -m 777 "$work/everybodys"
	exits 1 'fslatency: */everybodys*directory' lwload fslatency --metrics "$work/everybodys/x.prom"
	finish
}

# ---- kernels ----

test_metrics_tell_which_kernels_are_ready() {
	local file=$dir/lwtools-check.prom
	lwload check --all-installed --json > "$work/json"
	lwload check --all-installed --metrics "$file" > "$out"
	[ ! -s "$out" ]
	promtool check metrics < "$file"
	scraped_once check
	is "count(lwtools_ready{kernel=\"$(uname -r)\"} == 1)" "$(jq -s 'map(select(.ready)) | length' "$work/json")"
	is 'lwtools_kernel{running="1",newest="1"}' 1
	# This kernel has no tools, and the host would boot it next. It comes in another second.
	sleep 1
	mkdir /lib/modules/99.9.9-cloud-amd64
	touch /lib/modules/99.9.9-cloud-amd64/modules.dep
	ends 3 lwload check --all-installed --metrics "$file"
	scraped_once check
	is 'lwtools_ready == 0 and on(kernel, instance) lwtools_kernel{running="0",newest="1"}' 0
	rm -r /lib/modules/99.9.9-cloud-amd64 "$file"
}

# ---- examples ----

# exprs - prints the dashboard's expressions, with Grafana's values for its variables
exprs() {
	# shellcheck disable=SC2016 # Grafana's
	jq -r '.. | .expr? // empty' /lw/examples/lwtools.json |
		sed 's/\$__rate_interval/1m/g; s/\$instance/.*/g; s/\$tool/.*/g; s/\$seconds/lwtools_fslatency_latency_seconds_bucket/g
			s/\$bytes/lwtools_bitesize_size_bytes_bucket/g; s/\$counter/lwtools_syscallbypid_count_total/g'
}

# Each expression of the dashboard has an answer when tools run.
test_metrics_are_those_of_the_dashboard() {
	local expr n=0
	metrics bitesize
	first=$lwload
	metrics fslatency
	second=$lwload
	metrics syscallbypid --top 0
	lwload check --all-installed --metrics "$dir/lwtools-check.prom"
	# rate() needs two scrapes.
	for _ in 1 2; do
		busy
		told bitesize
		told fslatency
		told syscallbypid
	done
	scraped_once check
	while read -r expr; do
		n=$((n + 1))
		is "count($expr) > bool 0" 1
	done < <(exprs)
	[ "$n" -ge 8 ]
	for lwload in $lwload $second $first; do
		finish
	done
	rm "$dir/lwtools-check.prom"
}

# ---- the unit ----

unit_writes_metrics() {
	local journal file=$dir/lwtools-bitesize.prom
	quiet_disk
	printf '%s\n' METRICS=yes 'OPTIONS="-i 1 -c dd"' > /etc/lwtools/bitesize.conf
	in_systemd systemctl start lwload@bitesize
	eventually 300 test -e "$file"
	sizes
	told bitesize
	is 'lwtools_bitesize_size_bytes_count{comm="dd"}' 60
	# A killed run leaves no file, and begins again.
	in_systemd systemctl kill -s KILL lwload@bitesize
	eventually 300 test ! -e "$file"
	eventually 300 test -e "$file"
	in_systemd systemctl stop lwload@bitesize
	[ ! -e "$file" ]
	journal=$(in_systemd journalctl -u lwload@bitesize -o cat --no-pager)
	[ -n "$journal" ]
	[[ $journal != *'"size"'* ]]
	in_systemd systemctl start lwtools-check.service
	promtool check metrics < "$dir/lwtools-check.prom"
	grep -q '^lwtools_ready{.*} 1$' "$dir/lwtools-check.prom"
	[ "$(in_systemd systemctl show -p Result --value lwtools-check.service)" = success ]
}

# systemd clears /tmp when it begins, where the output of a failed test would be.
test_metrics_are_what_the_unit_writes_if_it_is_told_so() {
	local status
	start_systemd
	strictly unit_writes_metrics
	stop_systemd
	rm -f "$dir"/*.prom
	return "$status"
}

[ $# -gt 0 ] || mapfile -t all < <(sed -n 's/^\(test_[a-z_]*\)() {.*/\1/p' "$0")
[ $# -eq 0 ] || all=("$@")
/lw/tests/workload prepare
start_prometheus
echo "1..${#all[@]}"
for name in "${all[@]}"; do
	t "$name"
	# A failed test must not make the tests after it fail.
	rm -f "$dir"/*
done
