# shellcheck shell=bash
# attacks.sh - one user, 65534, attacks each bounded thing of each tool, in a run of root's; ci/faults --attacks
# makes a chapter of its page from these tests
#
# Meanwhile root causes a prime number of known events. The run must go on, and show each, or tell of a loss. If
# each user has a share of the thing, all of root's events are shown, and the attack's loss is told.
#
# "# thing: NAME meaning" makes a column. "# none: TOOL THING reason" says why a tool has no such thing.
# shellcheck disable=SC2034,SC2154,SC2086 # names from and for lib.sh; none has a space

# thing: calls instances of a return probe, taken by calls that wait
# thing: places places of a table, taken by new keys
# thing: rows rows of each second's report, as many as there are keys
# thing: pending places of events that have begun and do not end
# thing: buffer the buffer of each processor, filled by a flood of the tool's events while nothing reads it
# thing: limits SystemTap's limit of missed probes, in a flood of the tool's events
# thing: time the median time of root's calls of the same kind, under the attack and without it
#
# none: killsnoop calls kill(2) and similar calls do not wait
# none: biolatency calls tracepoints have no instances
# none: bitesize calls tracepoints have no instances
# none: syscallbypid calls tracepoints have no instances
# none: weblatency calls kprobes and tracepoints have no instances
# none: opensnoop places there is no table
# none: execsnoop places there is no table
# none: killsnoop places there is no table
# none: fsslower places there is no table
# none: fslatency places keys are types of file systems, which only root mounts
# none: biolatency places keys are disks and kinds of requests
# none: accept2close places there is one distribution
# none: weblatency places there is no table
# none: opensnoop rows it makes no report
# none: execsnoop rows it makes no report
# none: killsnoop rows it makes no report
# none: fsslower rows it makes no report
# none: fslatency rows keys are types of file systems, which only root mounts
# none: biolatency rows keys are disks and kinds of requests
# none: accept2close rows there is one distribution
# none: weblatency rows it makes no report
# none: opensnoop pending a call under way takes an instance of the probe
# none: execsnoop pending a call under way takes an instance of the probe
# none: killsnoop pending a call under way takes an instance of the probe
# none: fsslower pending a call under way takes an instance of the probe
# none: fslatency pending a call under way takes an instance of the probe
# none: rwtime pending a call under way takes an instance of the probe
# none: bitesize pending requests are counted when they begin
# none: fslatency buffer rows are few and come at the end
# none: rwtime buffer a report waits for its reader (see rows)
# none: biolatency buffer rows are few and come at the end
# none: bitesize buffer a report waits for its reader (see rows)
# none: syscallbypid buffer a report waits for its reader (see rows)
# none: exitsnoop calls kprobes have no instances
# none: oomkill calls kprobes have no instances
# none: runqlat calls tracepoints have no instances
# none: cpudist calls tracepoints have no instances
# none: exitsnoop places there is no table
# none: oomkill places there is no table
# none: exitsnoop rows it makes no report
# none: oomkill rows it makes no report
# none: exitsnoop pending a process is shown when it ends
# none: oomkill pending a process is shown when it is ended
# none: oomkill buffer a kill takes longer than a record
# none: runqlat buffer a report waits for its reader (see rows)
# none: cpudist buffer a report waits for its reader (see rows)
# none: tcpconnect calls the functions do not wait
# none: tcpconnlat calls tracepoints have no instances
# none: capable calls kprobes have no instances
# none: tcpretrans calls kprobes and tracepoints have no instances
# none: tcpdrop calls tracepoints have no instances
# none: tcprtt calls tracepoints have no instances
# none: runqslower calls tracepoints have no instances
# none: biosnoop calls tracepoints have no instances
# none: tcpconnlat places there is no table
# none: tcpaccept places there is no table
# none: tcplife places there is no table
# none: tcpdrop places there is no table
# none: biosnoop places there is no table
# none: tcpconnlat rows it makes no report
# none: tcpaccept rows it makes no report
# none: tcplife rows it makes no report
# none: tcpdrop rows it makes no report
# none: capable rows it makes no report
# none: runqslower rows it makes no report
# none: biosnoop rows it makes no report
# none: tcpaccept pending a call under way takes an instance of the probe
# none: tcpretrans pending a segment is shown when it is sent
# none: tcpdrop pending a segment is shown when it is dropped
# none: tcprtt pending a segment is counted when it comes
# none: biosnoop pending requests belong to disks, whose queues limit their number
# none: tcprtt buffer a report waits for its reader (see rows)
# none: mountsnoop calls mounts of a user do not wait
# none: mountsnoop places there is no table
# none: mountsnoop rows it makes no report
# none: mountsnoop pending a call under way takes an instance of the probe
# none: syscount calls tracepoints have no instances
# none: syscount buffer a report waits for its reader (see rows)
# none: cachestat calls kprobes and tracepoints have no instances
# none: cachestat places there is one key
# none: cachestat rows there is one row
# none: cachestat pending a use is counted at once
# none: cachestat buffer a report waits for its reader (see rows)

attack=/lw/tests/attack
file=/var/tmp/lw-attack
frozen=/var/tmp/lw-frozen

# options_of TOOL - prints options with which root's events can be told from others'
options_of() {
	case $1 in
	execsnoop) echo -x ;;
	fsslower) echo -m 0 ;;
	rwtime) echo -P ;;
	biolatency) echo -D ;;
	syscallbypid) echo -T 0 ;;
	capable) echo -t ;;
	esac
}

# flood_of TOOL - prints KIND TIMES FILE of attack.c for calls that the tool shows
flood_of() {
	case $1 in
	opensnoop) echo opens 1009 /etc/hostname ;;
	execsnoop) echo spawns 101 / ;;
	killsnoop) echo kills 1009 / ;;
	fsslower | rwtime) echo reads 1009 $file ;;
	fslatency) echo reads 1009 $work/mounted/f ;;
	biolatency | bitesize | biosnoop) echo disk 211 /dev/nvme0n1 ;;
	syscallbypid) echo calls 1009 / ;;
	exitsnoop) echo spawns 101 / ;;
	tcpconnect | tcpconnlat | tcpaccept) echo connections 307 / ;;
	capable) echo asks 1009 / ;;
	mountsnoop) echo umounts 1009 / ;;
	accept2close) echo accepts 503 / ;;
	weblatency) echo requests 503 / ;;
	esac
}

# cell THING TEXT - writes a cell of the tool's row on the page
cell() {
	echo "# attack: $tool $1 $2" >&9
}

# by_user KIND TIMES FILE [PROCESSES] - runs attack.c as user 65534 in the background, until no_more
by_user() {
	(ulimit -n 40000; as_user 65534 ${idle-} $attack "$@") > /dev/null &
}

# frozen_disk - makes a file system at $frozen, with files of that user's, that stands still from freeze to no_more, also
# if the test fails. Two disks, which take the most requests possible, have their data in it.
frozen_disk() {
	local n
	patience=$(cat /proc/sys/kernel/hung_task_timeout_secs)
	trap no_frozen_disk EXIT
	modprobe loop hw_queue_depth=10240
	mkdir -p $frozen
	cp /lw/tests/ext2 $work/disk
	mount -t ext4 -o loop $work/disk $frozen
	for n in 1 2; do
		head -c 65536 /dev/zero > $frozen/$n
		losetup /dev/loop$((4 + n)) $frozen/$n
		chown 65534 $frozen/$n /dev/loop$((4 + n))
	done
}

# The kernel complains of calls that wait so long.
freeze() {
	echo 0 > /proc/sys/kernel/hung_task_timeout_secs
	fsfreeze -f $frozen
}

thaw() {
	! mountpoint -q $frozen || fsfreeze -u $frozen 2> /dev/null || :
}

no_frozen_disk() {
	no_more
	losetup -d /dev/loop5 /dev/loop6
	umount $frozen
	eventually 60 modprobe -r loop
	! mountpoint -q $work/mounted || umount $work/mounted
	echo "$patience" > /proc/sys/kernel/hung_task_timeout_secs
}

no_more() {
	thaw
	pkill -TERM -U 65534 || :
	pkill -KILL -U 65534 || :
	eventually 60 not pgrep -U 65534 > /dev/null
}

# known_events - root causes events that the tool shows, or those of $known, and adds their number to made
known_events() {
	local words
	read -r -a words <<< "${known:-$(flood_of $tool)}"
	$attack "${words[@]}"
	made=$((made + words[1]))
}

# before_run TOOL [OPTION...] - starts the tool for an attack
before_run() {
	tool=$1 made=0
	shift
	nvme_disk
	rm -f $file
	head -c 65536 /dev/zero > $file
	mkdir -p $work/mounted
	if [ $tool = fslatency ]; then
		cat /lw/tests/ext2 > /dev/nvme0n1
		mount -t ext2 /dev/nvme0n1 $work/mounted
		echo > $work/mounted/f
	fi
	# shellcheck disable=SC2046 # words
	start $tool --json $(options_of $tool) "$@"
	requests=$(requests_done)
}

# why_not - prints one word if shown, made, told or status is wrong
why_not() {
	if [ $status -ne 0 ] && [ $status -ne 5 ]; then
		echo "**ended**:"
	elif [ "$shown" -gt $made ] || [ $((shown + told)) -lt $made ]; then
		echo "**failed**:"
	elif [ $shares = yes ] && { [ "$shown" -ne $made ] || [ "$told" -eq 0 ]; }; then
		echo "**failed**:"
	fi
}

# after_run THING... - ends the run after the attack, and writes its result into these cells
after_run() {
	local status=0 shown told failed thing
	[ $tool != biolatency ] || made=$(($(requests_done) - requests))
	finish || status=$?
	! mountpoint -q $work/mounted || umount $work/mounted
	shown=$(shown $tool $out)
	told=$(told_lost $err)
	failed=$(why_not)
	for thing; do
		cell $thing "${failed:+$failed }$shown of $made, $told told"
	done
	tail -n 5 $err
	[ -z "$failed" ]
}

# against THING TEXT [TOO] - waits until lwload tells with this TEXT that the attack fills its share: root's
# events are then all shown
against() {
	local shares=${shares-yes}
	await "$2" $err 60
	known_events
	pause 1.2
	no_more
	after_run "$1" "${@:3}"
}

# slow_calls TOOL KIND N TEXT - N calls of blocked.c take the instances of the tool's return probe
slow_calls() {
	before_run "$1"
	block "$2" "$3"
	against calls "$4"
}

# by_keys TOOL KIND [OPTION...] - the tool reports each second
by_keys() {
	before_run "$1" -i 1 "${@:3}"
	by_user "$2" 0 $file 2
	against places 'room for' rows
}

# time_of_a_call - sets nsec to the time of a call that the tool shows, made by another process than known_events'
time_of_a_call() {
	local words
	read -r -a words <<< "$(flood_of $tool)"
	case $tool in
	execsnoop | exitsnoop) words=(misses 101 /) ;;
	fslatency | biolatency | bitesize | biosnoop) words[2]=$file ;;
	esac
	$attack time "${words[@]}" > $work/times
	nsec=$(percentile 50 $work/times)
}

microseconds() {
	echo "$(($1 / 1000)).$(($1 % 1000 / 100)) us"
}

# flooded TOOL KIND FILE - four processes make calls of this kind
flooded() {
	local shares=no alone nsec status=0 slow=''
	before_run "$1"
	time_of_a_call
	alone=$nsec
	by_user "$2" 0 "$3" 4
	pause 3
	time_of_a_call
	known_events
	no_more
	after_run limits || status=1
	# Others' requests are before root's on the disk, with a tool or without.
	if [ "$2" != disk ] && [ $nsec -gt $((3 * alone)) ]; then
		slow='**failed**: ' status=1
	fi
	cell time "$slow$(microseconds $nsec), $(microseconds $alone) alone"
	return $status
}

# on_each_processor USER KIND TIMES FILE - runs attack.c on each processor, and waits for its end
on_each_processor() {
	local cpu
	for cpu in 0 1; do
		(as_user "$1" taskset -c $cpu $attack "${@:2}")
	done
}

# overrun TOOL KIND TIMES FILE - a user fills each processor's buffer while nothing reads it. Root's later events are
# all shown, and so are another user's.
overrun() {
	local shares=yes others words
	before_run "$1" --buffer 1
	read -r -a words <<< "$(flood_of $tool)"
	kill -STOP $lwload
	on_each_processor 65534 "${@:2}"
	on_each_processor 0 "${words[0]}" 307 "${words[2]}"
	on_each_processor 1 "${words[0]}" 101 "${words[2]}"
	made=614
	kill -CONT $lwload
	after_run buffer
	others=$(jq -c 'select(.uid == 1)' $out | wc -l)
	echo "$others of another user"
	[ "$others" -ge 202 ]
}

test_attack_opensnoop_slow_calls() {
	slow_calls opensnoop open 1001 'do_sys_openat2: too many calls'
}

# The begin of a program needs no instance. Only failures are followed to the call's return.
test_attack_execsnoop_slow_calls() {
	local shares=no
	before_run execsnoop
	block exec 24
	known_events
	unblock
	after_run calls
}

# frozen_writes TOOL FILE - the user's writes stand still, and root writes to the file
frozen_writes() {
	local known="writes 1009 $2"
	frozen_disk
	before_run "$1"
	freeze
	block write 1001 65534 $frozen/1
	against calls 'vfs_write: too many calls'
}

test_attack_fsslower_slow_calls() {
	frozen_writes fsslower $file
}

test_attack_fslatency_slow_calls() {
	frozen_writes fslatency $work/mounted/f
}

test_attack_rwtime_slow_calls() {
	slow_calls rwtime read 1001 ' read: too many calls'
}

test_attack_accept2close_slow_calls() {
	slow_calls accept2close accept 1001 'accept4: too many calls'
}

test_attack_tcpaccept_slow_calls() {
	slow_calls tcpaccept accept 1001 'inet_csk_accept: too many calls'
}

test_attack_rwtime_keys() {
	by_keys rwtime keys
}

test_attack_syscallbypid_keys() {
	by_keys syscallbypid keys
}

test_attack_bitesize_keys() {
	by_keys bitesize names
}

# Requests belong to disks, and users have no shares. A disk has 1,023 requests at once as a rule, so
# that one user cannot fill the table: these have ten times as many.
test_attack_biolatency_pending() {
	local shares=no
	frozen_disk
	before_run biolatency
	freeze
	by_user issues 10000 /dev/loop5
	by_user issues 10000 /dev/loop6
	against pending 'too many requests'
}

# Sleeps that a signal interrupts, and that go on: one process has more of them than its user's share.
test_attack_syscallbypid_pending() {
	before_run syscallbypid
	by_user sleeps 2100 /
	eventually 60 grep -qs '^Threads:.2101' "/proc/$!/status"
	pkill -STOP -U 65534
	pause 1
	pkill -CONT -U 65534
	against pending 'interrupted calls at once'
}

test_attack_accept2close_pending() {
	before_run accept2close
	by_user holds 9000 /
	against pending 'under way at once'
}

test_attack_weblatency_pending() {
	before_run weblatency
	by_user waits 2100 /
	against pending 'requests at once'
}

test_attack_opensnoop_flood() {
	flooded opensnoop opens /etc/issue
}

test_attack_execsnoop_flood() {
	flooded execsnoop misses /
}

test_attack_killsnoop_flood() {
	flooded killsnoop kills /
}

test_attack_fsslower_flood() {
	flooded fsslower reads $file
}

test_attack_fslatency_flood() {
	flooded fslatency reads $file
}

test_attack_rwtime_flood() {
	flooded rwtime reads $file
}

test_attack_biolatency_flood() {
	flooded biolatency disk $file
}

test_attack_bitesize_flood() {
	flooded bitesize disk $file
}

test_attack_syscallbypid_flood() {
	flooded syscallbypid calls /
}

test_attack_accept2close_flood() {
	flooded accept2close accepts /
}

test_attack_weblatency_flood() {
	flooded weblatency requests /
}

test_attack_opensnoop_overrun() {
	overrun opensnoop opens 40000 /etc/issue
}

test_attack_execsnoop_overrun() {
	overrun execsnoop misses 18000 /
}

test_attack_killsnoop_overrun() {
	overrun killsnoop kills 40000 /
}

test_attack_fsslower_overrun() {
	overrun fsslower reads 40000 $file
}

test_attack_accept2close_overrun() {
	overrun accept2close accepts 20000 /
}

test_attack_weblatency_overrun() {
	overrun weblatency requests 20000 /
}

test_attack_exitsnoop_flood() {
	flooded exitsnoop spawns /
}

test_attack_tcpconnect_flood() {
	flooded tcpconnect connections /
}

test_attack_tcpconnlat_flood() {
	flooded tcpconnlat connections /
}

test_attack_tcpaccept_flood() {
	flooded tcpaccept connections /
}

test_attack_capable_flood() {
	flooded capable asks /
}

test_attack_mountsnoop_flood() {
	flooded mountsnoop umounts /
}

test_attack_biosnoop_flood() {
	flooded biosnoop disk $file
}

test_attack_exitsnoop_overrun() {
	overrun exitsnoop spawns 12000 /
}

test_attack_tcpconnect_overrun() {
	overrun tcpconnect connections 12000 /
}

test_attack_tcpconnlat_overrun() {
	overrun tcpconnlat connections 12000 /
}

test_attack_tcpaccept_overrun() {
	overrun tcpaccept connections 12000 /
}

test_attack_capable_overrun() {
	overrun capable asks 40000 /
}

test_attack_mountsnoop_overrun() {
	overrun mountsnoop umounts 40000 /
}
