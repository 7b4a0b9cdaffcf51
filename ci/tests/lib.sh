# shellcheck shell=bash
# lib.sh - functions that the tests in the guest share; run.sh sources it together with one file of tests
#
# A test is a function whose name begins with test_. It fails if it returns
# non-zero, if a module is left inserted after it, or if the kernel complained
# meanwhile.
# shellcheck disable=SC2034,SC2086,SC2119,SC2120 # names for other files; none has a space; finish takes a signal, or none

work=/tmp/lw-tests
workload=/lw/tests/workload
changes=/lw/tests/changes
io=/lw/tests/io
traffic=/lw/tests/traffic
tcp=/lw/tests/tcp
mounts=/lw/tests/mounts
out=$work/out err=$work/err
pace=/run/lw-pace
modules=/lib/modules/$(uname -r)/systemtap
machine=$(uname -m)

# The tail of a failed test's files, so that the log alone tells the cause.
show() {
	local file
	for file in "$@"; do
		[ -s "$file" ] || continue
		echo "# ${file##*/}:"
		tail -n 12 "$file" | cut -c1-300 | sed 's/^/#   /'
	done
}

# It is beside this file.
left_program=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/left
[ -x "$left_program" ] || { echo "no $left_program, which looks for what tests leave"; exit 1; }

kernel_complaints() {
	$left_program kernel
}

# leftovers - prints what is left; the status is 1 if there is nothing
leftovers() {
	local status=0
	$left_program || status=$?
	[ $status -le 1 ] || echo "$left_program ended with status $status"
	return $status
}

# strictly COMMAND... - sets the caller's variable status to the command's; in a condition, set -e would have no
# effect within a function
strictly() {
	set +e
	(set -e; "$@")
	status=$?
	set -e
}

# Each limit here counts the seconds of pace.c, which are longer on a busy host. pace is a daemon.
[ -e $pace ] || /lw/pace $pace

# in_seconds SECONDS - sets end to pace's count after SECONDS, or more
in_seconds() {
	read -r end _ < $pace
	end=$((end + $1 + 1))
}

# is_over END - has pace's count reached END?
is_over() {
	local now
	read -r now _ < $pace
	[ "$now" -ge "$1" ]
}

# pause SECONDS - gives other processes time. It executes only sleep(1), which tests of execsnoop
# know.
pause() {
	local percent msec fraction=0
	case $1 in
	*.*) fraction=${1#*.}00 ;;
	esac
	read -r _ percent < $pace
	msec=$((percent * (1000 * ${1%.*} + 10#${fraction:0:3}) / 100))
	sleep "$((msec / 1000)).$(printf %03d $((msec % 1000)))"
}

# stretched SECONDS - whole seconds in which an idle machine gets as much done as in so many
stretched() {
	local percent
	read -r _ percent < $pace
	echo $((($1 * percent + 99) / 100))
}

# has_lines N FILE - has it so many lines?
has_lines() {
	[ "$(wc -l < "$2")" -ge "$1" ]
}

# eventually SECONDS COMMAND... - repeats the command until it succeeds
eventually() {
	local end over=''
	in_seconds "$1"
	shift
	until "$@"; do
		[ -z "$over" ] || { echo "it did not come to be in time: $*"; return 1; }
		sleep 0.1
		! is_over "$end" || over=yes
	done
}

# has_ended PID - has this child ended? It is a zombie then
has_ended() {
	! grep -qs '^State:[^Z]*$' "/proc/$1/status"
}

# within SECONDS COMMAND... - returns its status; kills it if it takes longer
within() {
	local seconds=$1 status=0 pid
	shift
	"$@" &
	pid=$!
	eventually "$seconds" has_ended $pid || kill -KILL $pid
	wait $pid || status=$?
	return $status
}

# watch SECONDS - ends a test that hangs, so that only this test fails
watch() {
	local end
	in_seconds "$1"
	until is_over "$end"; do sleep 1; done
	pkill -KILL -x lwload
}

# t FUNCTION - runs a test and prints its TAP line
t() {
	local name=${1#*test_} remains status start=$SECONDS seconds=180
	name=${name//_/ }
	rm -rf $work
	mkdir -p $work
	case $1 in
	test_fault_1000_cycles_*) seconds=3600 ;;
	test_fault_*) seconds=900 ;;
	*test_packages_*) seconds=600 ;;
	test_metrics_*) seconds=900 ;;	# they wait for Prometheus
	test_attack_*) seconds=300 ;;
	test_soak) seconds=7200 ;;
	esac
	watch "$seconds" &
	local watchdog=$!
	strictly "$1" > $work/log 2>&1
	# It has gone when its time has come.
	kill -KILL $watchdog 2> /dev/null || :
	wait $watchdog 2>/dev/null || :
	remains=$(leftovers || :)
	if [ $status -eq 0 ] && [ -z "$remains" ]; then
		echo "ok - $name ($((SECONDS - start)) s)"
		return
	fi
	echo "not ok - $name"
	if [ -n "$remains" ]; then
		echo "# a module was left, or the kernel complained: ${remains//$'\n'/$'\n'#   }"
		dmesg | tail -n 60 | sed 's/^/#   /'
	fi
	show $work/log $work/diff $err $out $work/want
	cleanup
}

# Things that a failed test left must not fail the next ones.
cleanup() {
	local module
	rm -rf /var/lib/lwtools
	pkill -KILL -x 'staprun|stapio' || :
	pkill -KILL -x lwload && sleep 0.5
	for module in $(lsmod | sed -n 's/^\(lw_[a-z0-9_]*\) .*/\1/p'); do
		rmmod "$module" || :
	done
	dmesg -C
}

# with32 N N32 - prints N, or on arm64 N + N32: a program there has one table of calls
with32() {
	if [ "$machine" = x86_64 ]; then
		echo "$1"
	else
		echo $(($1 + $2))
	fi
}

# says PATTERN FILE - has a line of the file this text? A * stands for any text between two words, so that a test
# names the id and the noun of a message, and not its wording (loader/tests/messages has that)
#
# Without a program, since starting grep takes a tenth of a second under TCG.
says() {
	local pattern=${1//\\/\\\\} line
	pattern=${pattern//[/\\[} pattern=${pattern//\?/\\?} pattern=${pattern//\(/\\(}
	[ -r "$2" ] || return
	while IFS= read -r line || [ -n "$line" ]; do
		# shellcheck disable=SC2053 # it is a pattern
		[[ $line != *$pattern* ]] || return 0
	done < "$2"
	return 1
}

# await PATTERN FILE [SECONDS] - waits until the file says so: 30 seconds at most, and not longer than something runs
# in the background that could write it
await() {
	local end over=''
	in_seconds "${3-30}"
	# A program that was just started in the background may not have emptied its file yet.
	sleep 0.1
	until says "$1" "$2"; do
		if [ -n "$over" ]; then
			echo "no \"$1\" came to be in $2:"
			cat "$2"
			return 1
		fi
		sleep 0.1
		if is_over "$end" || [ -z "$(jobs -r)" ]; then
			over=yes
		fi
	done
}

# start TOOL [OPTION...] - starts a run in the background; returns when its probes are in place
start() {
	# The shell in the background empties it too late for await, which would find the words of the run before.
	: > $err
	lwload "$@" --verbose > $out 2> $err < /dev/null &
	lwload=$!
	await tracing $err
}

# finish [SIGNAL] - stops it and returns its status
finish() {
	kill "-${1:-INT}" $lwload
	wait $lwload
}

# not COMMAND... - succeeds if the command fails. "! COMMAND" would never end a test. A command that does
# not exist does not count as one that fails.
not() {
	local status=0
	"$@" || status=$?
	[ $status -ne 0 ] && [ $status -ne 127 ]
}

# same WANT GOT - are these files the same?
same() {
	diff -u "$1" "$2" > $work/diff
}

# has_modversions - does this kernel have CRCs of its symbols, by which it refuses modules?
has_modversions() {
	modinfo -F vermagic "$modules/lw_killsnoop.ko" | grep -qw modversions
}

# flip_bit FILE OFFSET [BIT] - inverts a bit of the byte there
flip_bit() {
	local byte
	byte=$(od -An -tu1 -j "$2" -N 1 "$1")
	# shellcheck disable=SC2059 # the byte is the format
	printf "\\$(printf %03o $((byte ^ 1 << ${3:-0})))" | dd of="$1" bs=1 seek="$2" conv=notrunc 2> /dev/null
}

# ends STATUS COMMAND... - does the command end with that status?
ends() {
	local want=$1 status=0
	shift
	"$@" > $out 2> $err < /dev/null || status=$?
	[ $status -eq "$want" ] || { echo "status $status, wanted $want: $*"; return 1; }
}

# exits STATUS PATTERN COMMAND... - does it end with that status, and one line on stderr that says so?
exits() {
	local want=$1 text=$2
	shift 2
	ends "$want" "$@" || return
	says "$text" $err || { echo "no \"$text\" on stderr: $*"; return 1; }
	[ "$(wc -l < $err)" -eq 1 ] || { echo "not one line on stderr: $*"; return 1; }
}

# with_copy COMMAND... - runs it on a copy of the tools' directory, which the test may spoil
with_copy() {
	local status
	mkdir -p $work/copy
	cp "$modules"/* $work/copy
	mount --bind $work/copy "$modules"
	strictly "$@"
	umount "$modules"
	return $status
}

# Starts a reader that opens the pipe and reads nothing.
hold_pipe() {
	mkfifo $work/pipe
	bash -c "exec < $work/pipe; exec sleep 1000" &
	holder=$!
}

# release - ends that reader
release() {
	kill $holder
	wait $holder || :
}

# The guest's Debian has no staprun of this protocol. Staprun 5.6 is in a tree of its own, with lwload beside it.
by_staprun() {
	local tree=/lw/staprun dir
	for dir in proc sys dev run usr/lib/modules; do
		mkdir -p $tree/$dir
		mountpoint -q $tree/$dir || mount --rbind /$dir $tree/$dir
	done
	exec chroot $tree /usr/sbin/lwload "$@"
}

# started - waits for the run with --staprun that has just begun in the background
started() {
	lwload=$!
	await tracing $err
	# staprun says so before the probes are in place; the engine says so afterwards.
	pause 1
}

# prints STATUS PATTERN COMMAND... - does it end with that status, does stdout say so ('': nothing at all), and is
# stderr empty?
prints() {
	local want=$1 text=$2
	shift 2
	ends "$want" "$@" || return
	[ ! -s $err ] || { echo "something on stderr: $*"; return 1; }
	if [ -n "$text" ]; then
		says "$text" $out || { echo "no \"$text\" on stdout: $*"; return 1; }
	else
		[ ! -s $out ] || { echo "something on stdout: $*"; return 1; }
	fi
}

# block KIND N [UID [FILE]] - begins N calls of blocked.c as that user, which last until unblock
block() {
	local uid=${3-65534} number
	rm -f $work/begun
	mkdir -p $work/$uid
	chown "$uid" $work/$uid
	if [ "$1" = exec ]; then
		install -o "$uid" -m 755 /bin/true $work/$uid/file
		# The kernel ends a lease after 45 seconds. On a busy host, not all calls have begun by then.
		echo 3600 > /proc/sys/fs/lease-break-time
	fi
	as_user "$uid" /lw/tests/blocked "$1" "$2" "${4-$work/$uid/file}" \
		> $work/begun &
	blocked=$!
	await begun $work/begun
	read -r _ number < $work/begun
	eventually 60 are_under_way "$2" "$number"
}

are_under_way() {
	local n
	# shellcheck disable=SC2046 # process ids
	n=$(cat /proc/$blocked/task/*/syscall $(printf '/proc/%s/syscall ' $(pgrep -P $blocked)) 2> /dev/null |
		grep -c "^$2 ") || :
	[ "$n" -ge "$1" ]
}

unblock() {
	kill $blocked
	wait $blocked || :
}

# crowd N [COMMAND...] - N processes that always want a processor, begun by the command; they end with the test
crowd() {
	local n=$1
	shift
	crowded=()
	trap 'kill "${crowded[@]}"' EXIT
	while [ "$n" -gt 0 ]; do
		"$@" bash -c 'while :; do :; done' &
		crowded+=($!)
		n=$((n - 1))
	done
}

uncrowd() {
	kill "${crowded[@]}"
	trap - EXIT
	wait "${crowded[@]}" || :
}

# napper N [COMMAND...] - a process that works and sleeps N times, and then waits until its input is closed
napper() {
	local n=$1
	shift
	mkfifo $work/naps
	"$@" $workload nap $n < $work/naps > $work/done &
	pid=$!
	exec {input}> $work/naps
	eventually 50 test -s $work/done
	eventually 60 grep -q '^State:.S' /proc/$pid/status
}

end_napper() {
	exec {input}>&-
	wait $pid
	rm $work/naps $work/done
}

# sleeps_at PID FILE - has the process opened the file, and does it wait?
sleeps_at() {
	find -L "/proc/$1/fd" -samefile "$2" 2> /dev/null | grep -q . && grep -qs '^State:.S' "/proc/$1/status"
}

# slow_read SECONDS - cat(1) makes one read that waits that long, or longer: the time begins when
# the read waits, however long cat took to start
slow_read() {
	local reader writer
	rm -f $work/slow
	mkfifo $work/slow
	cat $work/slow > /dev/null &
	reader=$!
	exec {writer}> $work/slow
	eventually 60 sleeps_at $reader $work/slow
	sleep "$1"
	echo >&$writer
	exec {writer}>&-
	wait $reader
}

# uncounted TEXT - prints how many events lwload has told as lost so far, for a reason that has TEXT
uncounted() {
	sed -n "s/.* \([0-9]*\) events .*: .*$1.*/\1/p" $err | tail -n 1
}

nothing_is_inserted() {
	not grep '^lw_' /proc/modules
}

tools_here() {
	find "$modules" -name 'lw_*.ko' | wc -l
}

# in_systemd COMMAND... - runs it where systemd is the first process, as on a host
in_systemd() {
	nsenter -t "$systemd" -p -m "$@"
}

systemd_runs() {
	systemd=$(pgrep -xo systemd) && in_systemd systemctl is-system-running 2> /dev/null | grep -qE 'running|degraded'
}

# The first process of the machine is the test's own, so systemd runs in namespaces. It would empty /tmp, and the
# test's log would be gone.
start_systemd() {
	mount -t cgroup2 none /sys/fs/cgroup
	env -i PATH="$PATH" container=lwtest unshare --pid --fork --mount --mount-proc --kill-child \
		sh -c 'mount --bind /dev/null /usr/lib/tmpfiles.d/tmp.conf && exec /lib/systemd/systemd' > /dev/null 2>&1 &
	eventually 120 systemd_runs
}

stop_systemd() {
	kill -KILL "$systemd"
	umount -l /sys/fs/cgroup
	# PrivateTmp= of units that ran till the end
	rm -rf /run/systemd /tmp/systemd-private-* /var/tmp/systemd-private-*
}

# direct_writes SIZE COUNT - writes past the page cache
direct_writes() {
	dd if=/dev/zero of=/var/tmp/lw-direct bs="$1" count="$2" oflag=direct conv=notrunc status=none
}

# Makes the next writes the only ones. The file is in one piece: otherwise the disk could get one write as two.
quiet_disk() {
	rm -f /var/tmp/lw-direct
	fallocate -l 8M /var/tmp/lw-direct
	direct_writes 64k 101
	sync
	pause 1
}

# Nobody else uses this disk, whose driver ends requests in batches where it can.
nvme_disk() {
	modprobe -q nvme || :	# built into some kernels
	eventually 5 test -b /dev/nvme0n1
}

# requests_done - prints the number of finished reads, writes and discards, by the kernel's statistics. A flush is a
# request, and counts there as the write without data that asks for it.
requests_done() {
	awk '$3 == "nvme0n1" { print $4 + $8 + $15 }' /proc/diskstats
}

# The smallest file system whose driver is a module: romfs with the file "f" (Documentation/filesystems/romfs.rst)
romfs_image() {
	printf -- '-rom1fs-\0\0\0\x70\x32\x4e\xa8\x25lw\0\0\0\0\0\0\0\0\0\0\0\0\0\0'
	printf '\0\0\0\x49\0\0\0\x20\0\0\0\0\0\0\0\0.\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0'
	printf '\0\0\0\x02\0\0\0\0\0\0\0\x05\0\0\0\0f\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0'
	printf 'data\n'
	head -c 923 /dev/zero
}

# kib NAME - prints that line of /proc/meminfo
kib() {
	awk -v name="$1:" '$1 == name { print $2 }' /proc/meminfo
}

# kernel_kib - prints the memory that the kernel has for itself
kernel_kib() {
	echo 3 > /proc/sys/vm/drop_caches
	echo $(($(kib SUnreclaim) + $(kib VmallocUsed)))
}

# as_user UID COMMAND... - becomes the command, as that user
as_user() {
	exec setpriv --reuid "$1" --regid "$1" --clear-groups "${@:2}"
}

# told_lost FILE - prints the number of all users' events that lwload tells there as lost
told_lost() {
	awk '/ [0-9]+ events [^:]*: / { for (i = 1; $i != "events"; i++); why = $0; sub(/.* events [^:]*: /, "", why); told[why] = $(i - 1) }
		/ [0-9]+ records .*lost/ { for (i = 1; $i != "records"; i++); told["lost"] = $(i - 1) }
		/ [0-9]+ calls .*missed/ { for (i = 1; $i != "calls"; i++); told[$0] = $(i - 1) }
		END { for (why in told) sum += told[why]; print sum + 0 }' "$1"
}

# percentile P FILE - prints the Pth percentile of the file's numbers
percentile() {
	sort -n "$2" | awk -v p="$1" '{ n[NR] = $1 } END { i = int(NR * p / 100 + 0.999999); print n[i < 1 ? 1 : i] }'
}

# may_be_roots - prints those lines of JSON that may be of root's attack.c
may_be_roots() {
	grep -E '"known"|"romfs"|"ext2"|"nvme0n1"|"exe"|\["short"\]'
}

# shown TOOL FILE - prints the number of events of root's attack.c in the tool's JSON
shown() {
	may_be_roots < "$2" |
		case $1 in
		opensnoop) jq -c 'select(.path == "/etc/hostname" and .comm == "known")' ;;
		execsnoop) jq -c 'select(.args == ["short"] and .uid == 0)' ;;
		fsslower) jq -c 'select(.comm == "known" and .op != "F")' ;;
		fslatency) jq 'select((.fs == "romfs" or .fs == "ext2") and .op != "fsync") | .latency.count' ;;
		rwtime) jq 'select(.comm == "known" and .op == "read") | .latency.count' ;;
		biolatency) jq 'select(.disk == "nvme0n1") | .latency.count' ;;
		bitesize) jq 'select(.comm == "known") | .size.count' ;;
		syscallbypid) jq 'select(.comm == "known" and .syscall == "getppid") | .count' ;;
		exitsnoop) jq -c 'select(.comm == "exe" and .uid == 0)' ;;
		mountsnoop) jq -c 'select(.comm == "known" and .target == "/no-such-mount")' ;;
		capable) jq -c 'select(.comm == "known" and .call == "sethostname")' ;;
		*) jq -c 'select(.comm == "known")' ;;
		esac |
		awk '{ n += $1 ~ /^[0-9]+$/ ? $1 : 1 } END { print n + 0 }'
}

# sum FILTER FIELD - prints the sum of the counts of that distribution in the records that the filter selects
sum() {
	jq -s "[.[] | select($1) | .$2.count] | add // 0" $out
}

# Each bucket is a power of two, and the buckets add up to the count.
sound_distributions() {
	jq -e -s "length > 0 and all(.$1 | .count == ([.buckets[].count] | add)
		and all(.buckets[]; .low == 0 and .high == 1 or .high == 2 * .low - 1))" $out
}

# by_either_name FIELD TOOL [OPTION...] - a process's name selects all its threads, and a thread's name that thread
by_either_name() {
	local field=$1
	shift
	start "$@" -n io
	$io threads
	finish
	jq -s "[.[] | select(.op == \"read\" or .op == \"R\") | $field] | add" $out > $work/process
	start "$@" -n connectio,page_clean
	$io threads
	finish
	jq -s "[.[] | select(.op == \"read\" or .op == \"R\") | $field] | add" $out > $work/threads
	echo "process $(cat $work/process) threads $(cat $work/threads)"
	[ "$(cat $work/process)" -eq 50 ] && [ "$(cat $work/threads)" -eq 20 ]
}

# begin_own_run TOOL [OPTION...] - begins a run in the background, with options by which the tool tells whose its records are
begin_own_run() {
	local tool=$1 own
	case $tool in
	fsslower) own=(-m 0) ;;
	rwtime | runqlat | cpudist) own=(-P) ;;
	syscallbypid) own=(-T 0) ;;
	*) own=() ;;
	esac
	lwload $tool "${own[@]}" "${@:2}" --json --verbose > $work/$tool.json 2> $work/$tool.err < /dev/null &
}

# begin_runs "TOOL..." [OPTION...] - begins a run of each of these tools, with these options; end_runs ends them
begin_runs() {
	local tool
	runs=()
	for tool in $1; do
		begin_own_run $tool "${@:2}"
		runs+=($!)
		await tracing $work/$tool.err 30
	done
}

end_runs() {
	local run status=0
	kill -INT "${runs[@]}"
	for run in "${runs[@]}"; do
		wait $run || status=$?
	done
	[ $status -eq 0 ] || grep -Hv tracing $work/*.err || :
	return $status
}

# records TOOL FILTER - is that true of the array of that run's records? PID in the filter is $source
records() {
	jq -e -s "${2//PID/${source-}}" $work/$1.json > /dev/null || {
		echo "$1: $2"
		tail -n 20 $work/$1.json
		return 1
	}
}
