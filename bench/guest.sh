# shellcheck shell=bash
# guest.sh - in the guest: one JSON object for each measurement
#
# usage: guest.sh cost | start
set -u
cost=/lw/bench/cost
seconds=25	# until the slowest peer is ready, where instructions are nanoseconds

# Who is measured: tool, loop, name, command. One line adds a tool or a peer.
tracers() {
	cat <<-'EOF'
	opensnoop open lwtools lwload opensnoop
	opensnoop open libbpf-tools /usr/sbin/opensnoop
	opensnoop open bpftrace bpftrace /usr/sbin/opensnoop.bt
	opensnoop open bcc opensnoop-bpfcc
	opensnoop-filtered open lwtools lwload opensnoop -p 4000000
	opensnoop-filtered open libbpf-tools /usr/sbin/opensnoop -p 4000000
	opensnoop-filtered open bcc opensnoop-bpfcc -p 4000000
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

measure_cost() {
	local what=$1 loop=$2 who=$3 tracer kernel total after
	shift 3
	"$@" > /tmp/out 2> /tmp/err < /dev/null &
	tracer=$!
	sleep $seconds
	if [ ! -d "/proc/$tracer" ]; then
		echo "# $who: $* ended: $(tail -n 1 /tmp/err)"
		return
	fi
	kernel=$($cost kernel "$loop" $tracer)
	: > /tmp/out
	total=$($cost total "$loop")
	stop $tracer
	after=$($cost kernel "$loop" 0)
	echo "{\"what\":\"$what\",\"loop\":\"$loop\",\"who\":\"$who\",\"kernel\":$kernel,\"total\":$total,\"after\":$after,\"command\":\"$*\"}"
}

# ready WHO CACHE COMMAND... - milliseconds from exec to the first event it shows
ready() {
	local who=$1 cache=$2 t0 tracer first
	shift 2
	[ "$cache" = warm ] || { sync; echo 3 > /proc/sys/vm/drop_caches; }
	t0=$($cost now)
	"$@" > /tmp/out 2> /tmp/err < /dev/null &
	tracer=$!
	$cost markers "$t0" $seconds
	stop $tracer
	first=$(grep -ao 'lwmark-[0-9]*' /tmp/out | head -n 1)
	echo "{\"what\":\"start\",\"who\":\"$who\",\"cache\":\"$cache\",\"usec\":${first:-lwmark-null}}" | sed s/lwmark-//
}

measure_start() {
	local who=$1 cache
	shift
	for cache in cold warm warm; do
		ready "$who" $cache "$@"
	done
}

mount -t tracefs tracefs /sys/kernel/tracing
mount -t debugfs debugfs /sys/kernel/debug
case $1 in
cost)
	untraced
	tracers | while read -r what loop who command; do
		# shellcheck disable=SC2086 # words
		measure_cost "$what" "$loop" "$who" $command
	done
	;;
start)
	seconds=12
	tracers | while read -r what _ who command; do
		[ "$what" = opensnoop ] || continue
		# shellcheck disable=SC2086 # words
		measure_start "$who" $command
	done
	;;
esac
