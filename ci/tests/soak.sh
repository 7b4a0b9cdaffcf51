# shellcheck shell=bash
# soak.sh - all tools run for a long time, while root causes known events and other users attack. Each event was
# shown, or told as lost, and nothing grows; ci/faults --soak runs it
# shellcheck disable=SC2034,SC2154,SC2086 # names from and for lib.sh; none has a space

attack=/lw/tests/attack
tools=(opensnoop execsnoop killsnoop fsslower fslatency rwtime biolatency bitesize syscallbypid accept2close weblatency
	exitsnoop tcpconnect tcpaccept capable mountsnoop)

# soak_options TOOL - prints options with which root's events can be told from others'
soak_options() {
	case $1 in
	execsnoop) echo -x ;;
	fsslower) echo -m 0 -t romfs ;;
	rwtime) echo -P -i 10 ;;
	biolatency) echo -D -i 10 ;;
	syscallbypid) echo -T 0 -i 10 ;;
	capable) echo -t ;;
	fslatency | bitesize) echo -i 10 ;;
	esac
}

# begun TOOL - begins a run with files in $work/TOOL, which keep only records that may be root's
begun() {
	local out=$work/$1/pipe err=$work/$1/err
	mkdir -p $work/$1
	mkfifo $out
	may_be_roots < $out > $work/$1/out &
	echo $! > $work/$1/reader
	# shellcheck disable=SC2046 # words
	start "$1" --json $(soak_options "$1")
	echo $lwload > $work/$1/pid
}

# stopped TOOL - stops that run and sets status
stopped() {
	local err=$work/$1/err
	lwload=$(cat $work/$1/pid)
	status=0
	finish || status=$?
	wait "$(cat $work/$1/reader)" || :
	[ $status -eq 0 ] || [ $status -eq 5 ] || { echo "$1: status $status"; cat $err; return 1; }
}

# accounted TOOL MADE - events shown and lost are all that were made, and not more, but for reads of root's programs
# themselves; the status tells a loss
accounted() {
	local shown told
	shown=$(shown "$1" $work/$1/out)
	told=$(told_lost $work/$1/err)
	echo "# soak: $1: $2 events of root's, $shown shown; $told of all users' told as not shown" >&9
	{ [ "$shown" -le "$2" ] || [ "$1" = bitesize ]; } && [ $((shown + told)) -ge "$2" ] && { [ "$shown" -ge "$2" ] || [ $status -eq 5 ]; }
}

# known KIND TIMES [FILE] - root causes this many events
known() {
	$attack "$1" "$2" "${3-/}"
}

# Causes each kind of event that a tool shows.
one_round() {
	known opens 199 /etc/hostname
	known spawns 19
	known kills 101
	known reads 97 $work/mounted/f
	known calls 211
	known disk 53 /dev/nvme0n1
	known accepts 47
	known requests 43
	known connections 37
	known asks 103
	known umounts 107
	rounds=$((rounds + 1))
}

made_by_root() {
	case $1 in
	opensnoop) echo $((199 * rounds)) ;;
	execsnoop) echo $((19 * rounds)) ;;
	killsnoop) echo $((101 * rounds)) ;;
	fsslower | fslatency) echo $((97 * rounds)) ;;
	rwtime) echo $(((97 + 53 + 2 * 43) * rounds)) ;;
	biolatency) echo $(($(requests_done) - requests)) ;;
	bitesize) echo $((53 * rounds)) ;;
	syscallbypid) echo $((211 * rounds)) ;;
	accept2close) echo $(((48 + 37) * rounds)) ;;
	exitsnoop) echo $((19 * rounds)) ;;
	tcpconnect | tcpaccept) echo $((38 * rounds)) ;;
	capable) echo $((103 * rounds)) ;;
	mountsnoop) echo $((107 * rounds)) ;;
	weblatency) echo $((43 * rounds)) ;;
	esac
}

# Other users attack, one after the other: calls that wait, keys, events that do not end, and floods.
attacks=(
	"blocked open 1001" "attack keys 0 /etc/issue 2" "attack holds 9000 /" "attack opens 0 /etc/issue 4"
	"blocked read 1001" "attack names 0 /var/tmp/lw-soak 2" "attack waits 2100 /" "attack kills 0 / 4"
	"blocked accept 1001" "attack numbers 0 / 2" "attack sleeps 2100 /" "attack reads 0 /etc/issue 4"
	"blocked exec 24" "attack misses 0 / 2" "attack requests 0 / 4" "attack disk 0 /var/tmp/lw-soak 60"
	"attack accepts 0 / 4" "attack spawns 0 / 4" "attack calls 0 / 4"
	"attack connections 0 / 4" "attack asks 0 / 4" "attack umounts 0 / 4"
)

# attacker N - runs the Nth attack, by one of four users, until it is killed
attacker() {
	local uid=$((65531 + $1 % 4)) words dir
	dir=$work/$uid
	read -r -a words <<< "${attacks[$1 % ${#attacks[@]}]}"
	[ "${words[0]}" = attack ] || words[3]=$dir/file
	rm -rf "$dir"
	mkdir "$dir"
	chown $uid "$dir"
	install -o $uid -m 755 /bin/true "$dir/${words[1]}"
	[ "${words[1]}" != exec ] || words[3]=$dir/exec
	ulimit -n 40000
	as_user $uid /lw/tests/${words[0]} "${words[@]:1}" > /dev/null 2>> $work/attackers
}

# Each attacker has its time; after it comes a time without attackers.
attackers() {
	local n=0
	trap 'kill -KILL $! 2> /dev/null; exit' TERM
	while :; do
		(attacker $n) &
		sleep 15 & wait $!
		pkill -TERM -U "$((65531 + n % 4))" || :
		sleep 2 & wait $!
		pkill -KILL -U "$((65531 + n % 4))" || :
		wait || :
		n=$((n + 1))
		echo $n > $work/attacks
		sleep 3 & wait $!
	done
}

# latency WHEN - measures a read and an open by root
latency() {
	$attack time reads 499 /etc/group >> $work/read.$1
	$attack time opens 499 /etc/group >> $work/open.$1
}

# latencies CALL - prints all of them in one line
latencies() {
	local when line="# soak: $1 by root, nanoseconds, half and 99 of 100 below:"
	for when in without with attacked; do
		[ ! -s $work/$1.$when ] || line+=" $when $(percentile 50 $work/$1.$when) $(percentile 99 $work/$1.$when);"
	done
	echo "${line%;}" >&9
}

# A process that was just beginning becomes that user's only later.
none_attacks() {
	pkill -KILL -U 65531,65532,65533,65534 || :
	pause 0.5
	not pgrep -U 65531,65532,65533,65534
}

stop_attackers() {
	kill $attackers
	wait $attackers || :
	eventually 60 none_attacks
}

# grown NAME - prints the memory that the kernel has for itself, in KiB, also for the page
grown() {
	sleep 3
	echo 3 > /proc/sys/vm/drop_caches
	slab=$(kib SUnreclaim) vmalloc=$(kib VmallocUsed)
	echo "# soak: $1: slab $slab KiB, vmalloc $vmalloc KiB" >&9
}

# one_phase SECONDS - lets root and attackers work
one_phase() {
	local end=$((SECONDS + $1)) said=$SECONDS
	attackers &
	attackers=$!
	while [ $SECONDS -lt $end ]; do
		one_round
		latency attacked
		[ $SECONDS -lt $((said + 60)) ] || { said=$SECONDS; echo "# $((end - SECONDS)) s left: $rounds rounds" >&9; }
	done
	stop_attackers
	rm -rf $work/6553?
}

test_soak() {
	local seconds tool rounds=0 slab vmalloc before warm failed='' requests attackers
	seconds=$(cat /lw/soak-seconds)
	nvme_disk
	romfs_image > /dev/nvme0n1
	mkdir $work/mounted
	mount -t romfs /dev/nvme0n1 $work/mounted
	dd if=/dev/zero of=/var/tmp/lw-soak bs=1M count=1 status=none
	known reads 1 $work/mounted/f
	latency without
	latency without
	grown "without tools"
	before=$((slab + vmalloc))
	for tool in "${tools[@]}"; do begun $tool; done
	requests=$(requests_done)
	latency with
	latency with
	# Each attack once, which takes 1,760 s in all: an attack that comes later only lets caches grow.
	one_phase $((seconds / 4))
	grown "with tools, after $((seconds / 4)) s"
	warm=$((slab + vmalloc))
	one_phase $((seconds - seconds / 4))
	grown "with tools, after $seconds s"
	warm=$((slab + vmalloc - warm))
	for tool in "${tools[@]}"; do
		made_by_root $tool > $work/$tool/made
	done
	for tool in "${tools[@]}"; do
		stopped $tool || failed+=" $tool"
		accounted $tool "$(cat $work/$tool/made)" || failed+=" $tool"
		grep -E ' (lost|missed|counted)' $work/$tool/err | tail -n 3 | sed 's/^lwload: warning: /# told: /' >&9 || :
	done
	umount $work/mounted
	grown "after the tools"
	before=$((slab + vmalloc - before))
	latencies read
	latencies open
	echo "# soak: $seconds s with ${#tools[@]} tools, $rounds rounds of root's, $(cat $work/attacks) attacks since the warm-up" >&9
	cat $work/attackers
	[ -z "$failed" ] || { echo "not accounted for:$failed"; return 1; }
	[ $warm -lt 2048 ] || { echo "slab and vmalloc grew by $warm KiB after the warm-up"; return 1; }
	[ $before -lt 4096 ] || { echo "slab and vmalloc have $before KiB more than before the tools"; return 1; }
}
