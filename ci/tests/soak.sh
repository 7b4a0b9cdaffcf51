# shellcheck shell=bash
# soak.sh - three tools at once for a long time, under a mixed load: what was made was shown, or
# told as lost; ci/faults --soak runs it
# shellcheck disable=SC2034,SC2154,SC2086 # names from and for lib.sh; none has a space

# begun TOOL OPTION... - start with files of its own in $work/TOOL
begun() {
	mkdir -p $work/$1
	local out=$work/$1/out err=$work/$1/err
	start "$@"
	echo $lwload > $work/$1/pid
}

# ended TOOL - sets status
ended() {
	lwload=$(cat $work/$1/pid)
	status=0
	finish || status=$?
	[ $status -eq 0 ] || [ $status -eq 5 ]
}

# lost TOOL - as it says
lost() {
	sed -n 's/.*: \([0-9]*\) records were lost.*/\1/p' $work/$1/err | grep . || echo 0
}

# accounted TOOL MADE PATTERN - shown and lost are all; if there was loss, the status says so
accounted() {
	local shown lost
	shown=$(grep -c "$3" $work/$1/out || :)
	lost=$(lost "$1")
	echo "# soak: $1: $2 made, $shown shown, $lost lost" >&9
	[ $((shown + lost)) -ge "$2" ]
	[ "$shown" -ge "$2" ] || [ $status -eq 5 ]
}

test_soak() {
	local seconds end opens=0 execs=0 slab
	seconds=$(cat /lw/soak-seconds)
	begun opensnoop --json -n workload
	begun execsnoop --json
	begun rwtime -i 60
	end=$((SECONDS + seconds))
	slab=$(awk '$1 == "SUnreclaim:" { print $2 }' /proc/meminfo)
	while [ $SECONDS -lt $end ]; do
		$workload repeat 200 /etc/hostname
		$workload spawn 20
		opens=$((opens + 200)) execs=$((execs + 20))
		dd if=/dev/zero of=/tmp/soak bs=64k count=20 2> /dev/null
		sync
		sleep 0.3
	done
	slab=$(($(awk '$1 == "SUnreclaim:" { print $2 }' /proc/meminfo) - slab))
	ended opensnoop
	accounted opensnoop $opens /etc/hostname
	ended execsnoop
	accounted execsnoop $execs '"args":\["short"\]'
	ended rwtime
	echo "# soak: $seconds s with three tools, $(grep -c usecs $work/rwtime/out) reports of rwtime, slab grew by $slab KiB" >&9
}
