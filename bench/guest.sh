# shellcheck shell=bash
# guest.sh - in the guest: one JSON object for each measurement; of filters, a line of text
#
# usage: guest.sh cost [TOOL...] | filters | start NAME | stap | delivery NAME | profile kernel|total LOOP [COMMAND...]
set -u
cost=/lw/bench/cost
load=/lw/bench/load
tries=100000	# marks until the slowest peer is ready, where the clock leaps
period=2000	# microseconds from one to the next

# The tracers that are measured, one on a line: tool, loop (bench/cost.c), text on the line that a
# tracer shows for each call (- if it shows none), name, command. One line adds a tool
# or a peer. The counters are bench/stp and bench/bt.
tracers() {
	local libbpf=''
	[ ! -e /usr/sbin/opensnoop-libbpf ] || libbpf=-libbpf	# its name from Debian 13 on
	cat <<-EOF
	opensnoop open /etc/hostname lwtools lwload opensnoop
	opensnoop open /etc/hostname libbpf-tools /usr/sbin/opensnoop$libbpf
	opensnoop open /etc/hostname bpftrace bpftrace /usr/sbin/opensnoop.bt
	opensnoop open /etc/hostname bcc opensnoop-bpfcc
	opensnoop open quiet trace-cmd trace-cmd record -q -o /tmp/trace.dat -e syscalls:sys_enter_openat -e syscalls:sys_exit_openat
	opensnoop-T open /etc/hostname lwtools lwload opensnoop -T
	opensnoop-json open /etc/hostname lwtools lwload opensnoop --json
	opensnoop-second open /etc/hostname lwtools beside_another
	opensnoop-filtered open - lwtools lwload opensnoop -p PID
	opensnoop-filtered open - libbpf-tools /usr/sbin/opensnoop$libbpf -p PID
	opensnoop-filtered open - bcc opensnoop-bpfcc -p PID
	opensnoop-elsewhere getppid - lwtools lwload opensnoop
	opensnoop-elsewhere getppid - libbpf-tools /usr/sbin/opensnoop$libbpf
	opensnoop-elsewhere getppid - bpftrace bpftrace /usr/sbin/opensnoop.bt
	opensnoop-elsewhere getppid - bcc opensnoop-bpfcc
	opensnoop-elsewhere getppid quiet lttng lttng_opens
	execsnoop exec nothing.at.all lwtools lwload execsnoop
	execsnoop exec nothing.at.all libbpf-tools /usr/sbin/execsnoop$libbpf
	execsnoop exec nothing.at.all bpftrace bpftrace /usr/sbin/execsnoop.bt
	execsnoop exec nothing.at.all bcc execsnoop-bpfcc
	killsnoop kill cost lwtools lwload killsnoop
	killsnoop kill cost libbpf-tools /usr/sbin/sigsnoop$libbpf -k
	killsnoop kill cost bpftrace bpftrace /usr/sbin/killsnoop.bt
	killsnoop kill cost bcc killsnoop-bpfcc
	opencount open quiet lwtools lwload opencount
	opencount open quiet bpftrace bpftrace /lw/bench/opencount.bt
	opencount open quiet bcc funccount-bpfcc do_sys_openat2
	openbypid open quiet lwtools lwload openbypid
	openbypid open quiet bpftrace bpftrace /lw/bench/openbypid.bt
	opentime open quiet lwtools lwload opentime
	opentime open quiet libbpf-tools /usr/sbin/funclatency$libbpf do_sys_openat2
	opentime open quiet bpftrace bpftrace /lw/bench/opentime.bt
	opentime open quiet bcc funclatency-bpfcc do_sys_openat2
	syscallbypid getppid quiet lwtools lwload syscallbypid
	syscallbypid getppid quiet libbpf-tools /usr/sbin/syscount$libbpf
	syscount getppid quiet lwtools lwload syscount
	syscount getppid quiet libbpf-tools /usr/sbin/syscount$libbpf
	syscount-L getppid quiet lwtools lwload syscount -L
	syscount-L getppid quiet libbpf-tools /usr/sbin/syscount$libbpf -L
	capable hostname cost lwtools lwload capable
	capable hostname cost libbpf-tools /usr/sbin/capable$libbpf
	mountsnoop umount /lw/none lwtools lwload mountsnoop
	mountsnoop umount /lw/none libbpf-tools /usr/sbin/mountsnoop$libbpf
	cachestat pages quiet lwtools lwload cachestat
	cachestat pages quiet libbpf-tools /usr/sbin/cachestat$libbpf
	rwtime read quiet lwtools lwload rwtime
	fslatency read quiet lwtools lwload fslatency
	fslatency read quiet libbpf-tools /usr/sbin/fsdist$libbpf -t ext4
	fsslower read quiet lwtools lwload fsslower
	fsslower read quiet libbpf-tools /usr/sbin/fsslower$libbpf -t ext4
	biolatency direct quiet lwtools lwload biolatency
	biolatency direct quiet libbpf-tools /usr/sbin/biolatency$libbpf
	bitesize direct quiet lwtools lwload bitesize
	bitesize direct quiet libbpf-tools /usr/sbin/bitesize$libbpf
	accept2close accept cost lwtools lwload accept2close
	accept2close accept cost libbpf-tools /usr/sbin/tcplife$libbpf
	weblatency http /lw lwtools lwload weblatency
	exitsnoop exec quiet lwtools lwload exitsnoop
	exitsnoop exec quiet libbpf-tools /usr/sbin/exitsnoop$libbpf
	runqlat switch quiet lwtools lwload runqlat
	runqlat switch quiet libbpf-tools /usr/sbin/runqlat$libbpf
	runqslower switch quiet lwtools lwload runqslower
	runqslower switch quiet libbpf-tools /usr/sbin/runqslower$libbpf
	biosnoop direct quiet lwtools lwload biosnoop
	biosnoop direct quiet libbpf-tools /usr/sbin/biosnoop$libbpf
	biosnoop direct quiet bcc biosnoop-bpfcc
	cpudist switch quiet lwtools lwload cpudist
	cpudist switch quiet libbpf-tools /usr/sbin/cpudist$libbpf
	cpudist-off switch quiet lwtools lwload cpudist -O
	cpudist-off switch quiet libbpf-tools /usr/sbin/cpudist$libbpf -O
	tcpconnect accept cost lwtools lwload tcpconnect
	tcpconnect accept cost libbpf-tools /usr/sbin/tcpconnect$libbpf
	tcpconnlat accept cost lwtools lwload tcpconnlat
	tcpconnlat accept cost libbpf-tools /usr/sbin/tcpconnlat$libbpf
	tcpaccept accept cost lwtools lwload tcpaccept
	tcpaccept accept cost bcc tcpaccept-bpfcc
	tcplife accept cost lwtools lwload tcplife
	tcplife accept cost libbpf-tools /usr/sbin/tcplife$libbpf
	tcprtt http quiet lwtools lwload tcprtt
	tcprtt http quiet libbpf-tools /usr/sbin/tcprtt$libbpf
	opensnoop open /etc/hostname perf-tools opensnoop-perf
	opensnoop open quiet lttng lttng_opens
	EOF
	[ -x /usr/bin/sysdig ] || return 0	# Debian 13 has none
	cat <<-EOF
	opensnoop open /etc/hostname sysdig sysdig_opens
	opensnoop-elsewhere getppid - sysdig sysdig_opens
	EOF
}

# lttng_opens - becomes LTTng's daemon, with a session that writes opens to memory
lttng_opens() {
	local daemon=$BASHPID
	rm -rf /tmp/lttng
	(
		until lttng -n create -o /tmp/lttng opens; do
			kill -0 "$daemon" || exit
			sleep 0.1
		done
		lttng -n enable-event -k --syscall open,openat,openat2
		lttng -n add-context -k -t pid -t uid -t procname
		lttng -n start
	) > /dev/null 2>&1 &
	exec lttng-sessiond
}

# sysdig_opens - becomes sysdig, which shows of an open what "opensnoop -T" shows
sysdig_opens() {
	modprobe scap && exec sysdig -p '%evt.time %user.uid %proc.pid %proc.name %evt.rawres %fd.name' \
		'evt.type in (open, openat, openat2) and evt.dir = <'
}

# beside_another - becomes a second run of opensnoop; stop() ends the first
beside_another() {
	lwload start opensnoop > /dev/null && exec lwload opensnoop
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
	lwload stop --all > /dev/null 2>&1
	# The leftovers of a killed tracer must not be measured with the next tracer.
	echo nop > /sys/kernel/tracing/current_tracer
	echo 0 > /sys/kernel/tracing/events/enable
	echo > /sys/kernel/tracing/kprobe_events
}

untraced() {
	local loop
	for loop in open getppid exec kill read direct accept http switch umount hostname pages; do
		plain[$loop]=$($cost kernel $loop 0)
		echo "{\"what\":\"untraced\",\"loop\":\"$loop\",\"kernel\":${plain[$loop]},\"total\":$($cost total $loop)}"
	done
}

# idle PID - instructions per second of an idle tracer, with all its threads
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
	$cost ready "$call" /tmp/out "$t0" $tries $period > /tmp/first &
	marker=$!
	"${@//PID/$marker}" >> /tmp/out 2> /tmp/err < /dev/null &
	tracer=$!
	wait $marker
	first=$(cat /tmp/first)
	[ -z "$first" ] || return 0
	not_ready "$@"
}

# begin_quiet LOOP COMMAND... - the same for a tracer that shows nothing before it ends, or
# nothing that tells its time: it is ready when a call takes longer
begin_quiet() {
	local loop=$1
	shift
	: > /tmp/out
	"$@" >> /tmp/out 2> /tmp/err < /dev/null &
	tracer=$!
	$cost slower "$loop" "${plain[$loop]}" 5000 || not_ready "$@"
}

# begin_any LOOP WORD COMMAND... - one of the two, depending on the tracer's output
begin_any() {
	local loop=$1 word=$2 call=$1
	shift 2
	[ "$loop" != getppid ] || call=open
	case $word:$loop in
	quiet:*|*:read|*:direct|*:accept|*:http|*:switch|*:umount|*:hostname|*:pages) begin_quiet "$loop" "$@" ;;
	*) begin "$call" "$@" ;;
	esac
}

not_ready() {
	echo "# $*: showed nothing: $(tail -n 1 /tmp/err)"
	stop "$tracer"
	return 1
}

# shown WORD - how many calls the tracer shows
shown() {
	case $1 in
	-|quiet) echo null ;;
	*) grep -ac "$1" /tmp/out ;;
	esac
}

measure_cost() {
	local what=$1 loop=$2 word=$3 who=$4 tracer reader first kernel total after idle rss
	shift 4
	begin_any "$loop" "$word" "$@" || return
	# LTTng's daemon does not read itself.
	reader=$(pgrep -x -P "$tracer" lttng-consumerd || echo "$tracer")
	kernel=$($cost kernel "$loop" "$reader")
	sleep 1
	: > /tmp/out
	total=$($cost total "$loop")
	sleep 1
	idle=$(idle "$reader")
	rss=$(awk '$1 == "VmHWM:" { print $2 }' "/proc/$reader/status")
	stop "$tracer"
	after=$($cost kernel "$loop" 0)
	echo "{\"what\":\"$what\",\"loop\":\"$loop\",\"who\":\"$who\",\"kernel\":$kernel,\"total\":$total,\"shown\":$(shown "$word"),\"after\":$after,\"idle\":$idle,\"rss\":${rss:-0},\"command\":\"$*\"}"
}

# beside OPTION... - sets nsec to the cost of a getppid with this run of syscallbypid beside another
beside() {
	lwload start syscallbypid "$@" > /dev/null || exit 1
	sleep 1
	nsec=$($cost least getppid)
	lwload stop syscallbypid_2 > /dev/null || exit 1
}

# more LABEL OPTION... - prints how much more an event costs with these options than with -x
more() {
	beside "${@:2}"
	echo "	$1	$((nsec - plain))"
}

# measure_filters - for each option, how much an event costs that it turns down. This shell is in a control group at
# level 3. The other run is there so that the kernel is on the same path in each case.
measure_filters() {
	local nsec plain groups=/sys/fs/cgroup option
	mount -t cgroup2 none $groups
	mkdir -p $groups/lw/a/b $groups/lw-other
	echo $$ > $groups/lw/a/b/cgroup.procs
	lwload start syscallbypid -x > /dev/null || exit 1
	beside -x
	plain=$nsec
	for option in "--pid 1" "--tid 1" "--uid 1" "--ppid 1" "--process none" "--comm none" "--not-pidns $$" \
		"--not-mntns $$" "--not-tree $$" "--cgroup lw-other"; do
		# shellcheck disable=SC2086 # words
		more "${option% *}" $option
	done
	echo $$ > $groups/lw/cgroup.procs
	more "--cgroup, level 1" --cgroup lw-other
	lwload stop --all > /dev/null
}

# strace stops the process that it traces at each call: it has no separate kernel side.
measure_strace() {
	local command=(strace -f -o /tmp/out -e "trace=open,openat,openat2,creat") kernel total
	: > /tmp/out
	kernel=$("${command[@]}" $cost kernel open 0)
	total=$("${command[@]}" $cost total open)
	echo "{\"what\":\"opensnoop\",\"loop\":\"open\",\"who\":\"strace\",\"kernel\":$kernel,\"total\":$total,\"shown\":$(shown /etc/hostname),\"command\":\"${command[*]}\"}"
}

free_kib() {
	sync
	echo 3 > /proc/sys/vm/drop_caches
	awk '$1 == "MemFree:" { print $2 }' /proc/meminfo
}

# say_start WHO CACHE - prints the result of begin()
say_start() {
	echo "{\"what\":\"start\",\"who\":\"$1\",\"cache\":\"$2\",\"usec\":$((10#$first))}"
}

# Microseconds from exec to the first event shown, and the memory that it takes: the host's in
# total, and the resident set of the process.
measure_start() {
	local who=$1 caches="cold warm warm warm warm warm" cache tracer first before memory=null rss=null
	shift
	case $who in
	bcc|bpftrace) caches="cold warm warm" ;;	# half a minute each
	esac
	for cache in $caches; do
		if [ "$cache" = cold ]; then
			before=$(free_kib)
		fi
		begin open "$@" || continue
		if [ "$cache" = cold ]; then
			sleep 1
			memory=$((before - $(free_kib)))
			rss=$(awk '$1 == "VmRSS:" { print $2 }' "/proc/$tracer/status")
		fi
		stop "$tracer"
		say_start "$who" "$cache"
	done
	echo "{\"what\":\"memory\",\"who\":\"$who\",\"kib\":$memory,\"rss\":$rss}"
}

# The same for plain SystemTap, once: it compiles, and first tests the kernel's features.
measure_stap() {
	local tracer first
	begin open stap /lw/bench/plain.stp || return
	say_start stap cold
	stop "$tracer"
}

# settle WORD - returns when the tracer shows no more lines with the word. Opens of these
# commands themselves are shown as well
settle() {
	local before='' now
	for _ in $(seq 30); do
		sleep 0.4
		now=$(grep -ac "$1" /tmp/out)
		[ "$now" != "$before" ] || return
		before=$now
	done
}

# A program that buffers less than 4 KiB of output prints its buffer after this.
push() {
	$load calls 1 2000 200 /lw-padding-0123456789-0123456789-0123456789 > /dev/null
	settle lw-padding
}

# The losses that the tracer itself reports in its last messages
told() {
	grep -ohiE '[0-9]+ records were lost|lost [0-9]+' /tmp/err /tmp/out |
		grep -oE '[0-9]+' | awk '{ n += $1 } END { print n + 0 }'
}

# Opens at rising rates from all CPUs, a second each, and as fast as they go.
measure_rates() {
	local who=$1 cpus tracer first rate calls speed seen made=0 all=0
	shift
	cpus=$(nproc)
	begin open "$@" || return
	for rate in 1000 2000 5000 10000 20000 0; do
		calls=$((rate ? rate : 20000))
		: > /tmp/out
		speed=$($load calls "$cpus" $rate $calls /etc/hostname)
		settle /etc/hostname
		push
		seen=$(shown /etc/hostname)
		made=$((made + calls * cpus)) all=$((all + seen))
		echo "{\"what\":\"rate\",\"who\":\"$who\",\"cpus\":$cpus,\"rate\":$rate,\"speed\":$speed,\"made\":$((calls * cpus)),\"shown\":$seen}"
	done
	stop "$tracer"
	echo "{\"what\":\"told\",\"who\":\"$who\",\"cpus\":$cpus,\"lost\":$((made - all)),\"told\":$(told)}"
}

# The number of events that one CPU's buffer holds while the reader does not read
measure_held() {
	local who=$1 tracer first
	shift
	begin open "$@" || return
	: > /tmp/out
	kill -STOP "$tracer"
	taskset -c 0 $load calls 1 0 100000 /etc/hostname > /dev/null
	kill -CONT "$tracer"
	settle /etc/hostname
	push
	echo "{\"what\":\"held\",\"who\":\"$who\",\"events\":$(shown /etc/hostname),\"command\":\"$*\"}"
	stop "$tracer"
}

measure_latency() {
	local who=$1 result
	shift
	result=$($load latency 50 "$@") || { echo "# $*: no row came"; return; }
	echo "{\"what\":\"latency\",\"who\":\"$who\",\"median\":${result% *},\"most\":${result#* }}"
}

# opensnoop FUNCTION NAME - calls the function for that tracer's opensnoop
opensnoop() {
	local function=$1 name=$2 what _loop _word who command
	while read -r what _loop _word who command; do
		if [ "$what $who" = "opensnoop $name" ]; then
			# shellcheck disable=SC2086 # words
			$function "$who" $command
		fi
	done < <(tracers)
}

# profile kernel|total LOOP [COMMAND...] - a loop for bench/profile: without
# pauses while the reader does not read, or in bursts that it can follow
profile() {
	local side=$1 loop=$2 tracer='' first burst=200
	shift 2
	if [ "$loop" = start ]; then
		cat /proc/kallsyms
		echo looping
		while :; do "$@" > /dev/null; done
	fi
	plain[$loop]=$($cost kernel "$loop" 0)
	[ $# -eq 0 ] || begin_any "$loop" - "$@" || return
	if [ "$side" = kernel ]; then
		burst=0
		[ -z "$tracer" ] || kill -STOP "$tracer"
	fi
	cat /proc/kallsyms
	echo looping
	$cost spin "$loop" $burst
}

# Without a time zone, libbpf-tools look for /etc/localtime at each event, and opensnoop sees
# that: a loop that does not happen on a host with a time zone.
export TZ=UTC0
declare -A plain
/lw/busybox mount -t tracefs tracefs /sys/kernel/tracing
/lw/busybox mount -t debugfs debugfs /sys/kernel/debug
modprobe null_blk queue_mode=2 irqmode=0	# for the loop direct
case $1 in
cost)
	shift
	sleep 10	# the rest of booting
	untraced
	[ $# -gt 0 ] || measure_strace
	while read -r what loop word who command; do
		[[ $# -eq 0 || " $* " == *" $what "* ]] || continue
		# shellcheck disable=SC2086 # words
		measure_cost "$what" "$loop" "$word" "$who" $command
	done < <(tracers)
	untraced
	;;
start)
	period=500
	opensnoop measure_start "$2"
	;;
filters)
	measure_filters
	;;
stap)
	tries=1000000
	measure_stap
	;;
delivery)
	tries=15000
	opensnoop measure_rates "$2"
	if [ "$(nproc)" -eq 2 ]; then
		opensnoop measure_held "$2"
		opensnoop measure_latency "$2"
	fi
	;;
profile)
	shift
	profile "$@"
	;;
esac
