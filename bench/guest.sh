# shellcheck shell=bash
# guest.sh - in the guest: one JSON object for each measurement
#
# usage: guest.sh cost | start
set -u
cost=/lw/bench/cost
tries=100000	# marks until the slowest peer is ready, where the clock leaps

# Who is measured: tool, loop, name, command. One line adds a tool or a peer.
tracers() {
	cat <<-'EOF'
	opensnoop open lwtools lwload opensnoop
	opensnoop open libbpf-tools /usr/sbin/opensnoop
	opensnoop open bpftrace bpftrace /usr/sbin/opensnoop.bt
	opensnoop open bcc opensnoop-bpfcc
	opensnoop-filtered open lwtools lwload opensnoop -p PID
	opensnoop-filtered open libbpf-tools /usr/sbin/opensnoop -p PID
	opensnoop-filtered open bcc opensnoop-bpfcc -p PID
	opensnoop-elsewhere getppid lwtools lwload opensnoop
	opensnoop-elsewhere getppid libbpf-tools /usr/sbin/opensnoop
	opensnoop-elsewhere getppid bpftrace bpftrace /usr/sbin/opensnoop.bt
	opensnoop-elsewhere getppid bcc opensnoop-bpfcc
	execsnoop exec lwtools lwload execsnoop
	execsnoop exec libbpf-tools /usr/sbin/execsnoop
	execsnoop exec bpftrace bpftrace /usr/sbin/execsnoop.bt
	execsnoop exec bcc execsnoop-bpfcc
	killsnoop kill lwtools lwload killsnoop
	killsnoop kill libbpf-tools /usr/sbin/sigsnoop -k
	killsnoop kill bpftrace bpftrace /usr/sbin/killsnoop.bt
	killsnoop kill bcc killsnoop-bpfcc
	opensnoop open perf-tools opensnoop-perf
	EOF
}

stop() {
	local _
	kill -INT "$1"
	for _ in $(seq 100); do
		[ -d "/proc/$1" ] || break
		sleep 0.1
	done
	kill -KILL "$1" 2>/dev/null
	wait "$1" 2>/dev/null
	# What a tracer that was killed leaves would be measured with the next one.
	echo nop > /sys/kernel/tracing/current_tracer
	echo 0 > /sys/kernel/tracing/events/enable
	echo > /sys/kernel/tracing/kprobe_events
}

untraced() {
	local loop
	for loop in open getppid exec kill; do
		echo "{\"what\":\"untraced\",\"loop\":\"$loop\",\"kernel\":$($cost kernel $loop 0),\"total\":$($cost total $loop)}"
	done
}

# idle PID - instructions a second of a tracer that has nothing to do, all its threads
idle() {
	local before after
	before=$(cat /proc/"$1"/task/*/schedstat | awk '{ n += $1 } END { printf "%d", n }')
	sleep 5
	after=$(cat /proc/"$1"/task/*/schedstat | awk '{ n += $1 } END { printf "%d", n }')
	echo $(((after - before) / 5))
}

# begin CALL COMMAND... - starts the tracer and waits until it shows an event: a call
# of CALL by the process that COMMAND calls PID. Sets tracer and first.
begin() {
	local call=$1 marker t0
	shift
	: > /tmp/out
	t0=$($cost now)
	$cost ready "$call" /tmp/out "$t0" $tries > /tmp/first &
	marker=$!
	"${@//PID/$marker}" >> /tmp/out 2> /tmp/err < /dev/null &
	tracer=$!
	wait $marker
	first=$(cat /tmp/first)
	[ -z "$first" ] || return 0
	echo "# $*: showed nothing: $(tail -n 1 /tmp/err)"
	stop "$tracer"
	return 1
}

# How many of the loop's calls the tracer shows, each by its word
shown() {
	case $1 in
	open*) grep -ac /etc/hostname /tmp/out ;;
	exec*) grep -ac 'nothing at all' /tmp/out ;;
	kill*) grep -acw cost /tmp/out ;;
	*) echo 0 ;;
	esac
}

measure_cost() {
	local what=$1 loop=$2 who=$3 tracer first kernel total after idle rss call=$2
	shift 3
	[ "$loop" != getppid ] || call=open
	begin "$call" "$@" || return
	kernel=$($cost kernel "$loop" "$tracer")
	sleep 1
	: > /tmp/out
	total=$($cost total "$loop")
	sleep 1
	idle=$(idle "$tracer")
	rss=$(awk '$1 == "VmHWM:" { print $2 }' "/proc/$tracer/status")
	stop "$tracer"
	after=$($cost kernel "$loop" 0)
	echo "{\"what\":\"$what\",\"loop\":\"$loop\",\"who\":\"$who\",\"kernel\":$kernel,\"total\":$total,\"shown\":$(shown "$loop"),\"after\":$after,\"idle\":$idle,\"rss\":${rss:-0},\"command\":\"$*\"}"
}

# Milliseconds from exec to the first event shown.
measure_start() {
	local who=$1 cache tracer first
	shift
	for cache in cold warm warm; do
		[ "$cache" = warm ] || { sync; echo 3 > /proc/sys/vm/drop_caches; }
		begin open "$@" || return
		stop "$tracer"
		echo "{\"what\":\"start\",\"who\":\"$who\",\"cache\":\"$cache\",\"usec\":$((10#$first))}"
	done
}

# Without a time zone libbpf-tools look for /etc/localtime at each event, which
# opensnoop then sees: a loop that no host has whose time zone is set.
export TZ=UTC0
mount -t tracefs tracefs /sys/kernel/tracing
mount -t debugfs debugfs /sys/kernel/debug
case $1 in
cost)
	sleep 10	# what boot left to do
	untraced
	tracers | while read -r what loop who command; do
		# shellcheck disable=SC2086 # words
		measure_cost "$what" "$loop" "$who" $command
	done
	;;
start)
	tries=15000
	tracers | while read -r what _ who command; do
		[ "$what" = opensnoop ] || continue
		# shellcheck disable=SC2086 # words
		measure_start "$who" $command
	done
	;;
esac
