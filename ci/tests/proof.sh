# shellcheck shell=bash
# proof.sh - in the guest: starts every tool at once, then one workload, and checks the output of each tool. Prints TAP:
# a line for each tool, and one for what is left in the kernel
#
# The workload is deeds.c. TOOL_of_one_source checks a tool whose events belong to a task; TOOL_of_deeds checks any other.
# TOOL_deed adds the workload that deeds.c lacks.
# shellcheck disable=SC2034,SC2154,SC2086 # names for lib.sh and from it; none has a space
set -eu
cd "$(dirname "$0")"
# shellcheck source=ci/tests/lib.sh
. ./lib.sh
for file in tools/*.sh; do
	# shellcheck source=/dev/null
	. "./$file"
done

has() {
	[ "$(type -t "$1")" = function ]
}

# begin_proof TOOL - begins its run
begin_proof() {
	if has "$1_of_one_source"; then
		begin_own_run "$1" --process ap
	else
		begin_own_run "$1"
	fi
	runs[$1]=$!
}

# All deeds at once; sets source to the process that does those of deeds.c
do_all() {
	local tool others=()
	mkfifo $work/go
	chmod 755 $work
	setpriv --reuid 1001 --regid 1001 --clear-groups /lw/tests/deeds 3 ap-x at-x $work/ap-at < $work/go > $work/ids &
	source=$!
	exec 7> $work/go
	for tool in "${tools[@]}"; do
		has "${tool}_deed" || continue
		(set -e; "${tool}_deed") > $work/$tool.deed &
		others+=($!)
	done
	await ' ' $work/ids || :
	exec 7>&-
	wait $source || echo "deeds.c failed"
	for tool in "${others[@]}"; do
		wait $tool || echo "a deed failed"
	done
}

# is_shown TOOL STATUS - did its run end with 0, are these its records, and is nothing else said?
is_shown() {
	local tool=$1
	[ $2 -eq 0 ]
	not grep -v ' tracing' $work/$tool.err
	if has "${tool}_of_one_source"; then
		"${tool}_of_one_source"
	else
		"${tool}_of_deeds"
	fi
}

prove() {
	local tool=$1 status=0
	wait ${runs[$tool]} || status=$?
	rm -f $work/diff
	strictly is_shown "$tool" $status > $work/log 2>&1
	if [ $status -eq 0 ]; then
		echo "ok - $tool shows what was done"
	else
		echo "not ok - $tool shows what was done"
		show $work/deeds.log $work/log $work/diff $work/$tool.err $work/$tool.json $work/$tool.deed
	fi
}

# Paths have locks that sleep there, and a probe may not (lw_paths_sleep() in stp/kernel/put.h).
paths_are_refused() {
	local tool
	for tool in opensnoop fsslower; do
		exits 1 "$tool: *real-time kernel*path" lwload $tool -F --duration 1
	done
}

mkdir -p $work
cp /lw/tests/deeds $work/ap-at
# The first time, it also reads the directory from the disk.
/lw/tests/deeds 3 first first $work/ap-at < /dev/null > $work/ids
nvme_disk
mapfile -t tools < <(lwload list | awk '$2 == "ready" && $1 !~ /^dummy/ { print $1 }')
echo "1..$((${#tools[@]} + 1))"
declare -A runs
for tool in "${tools[@]}"; do begin_proof "$tool"; done
for tool in "${tools[@]}"; do await tracing $work/$tool.err 60 > /dev/null || :; done
do_all > $work/deeds.log 2>&1 || :
kill -INT "${runs[@]}" 2> /dev/null || :
for tool in "${tools[@]}"; do prove "$tool"; done
if [[ $(uname -v) == *PREEMPT_RT* ]]; then
	strictly paths_are_refused > $work/log 2>&1
	if [ $status -eq 0 ]; then
		echo "ok - a real-time kernel refuses options that show paths"
	else
		echo "not ok - a real-time kernel refuses options that show paths"
		show $work/log $err
	fi
fi
remains=$(leftovers || :)
if [ -z "$remains" ]; then
	echo "ok - all modules are removed, and the kernel complains of nothing"
else
	echo "not ok - all modules are removed, and the kernel complains of nothing"
	echo "# ${remains//$'\n'/$'\n#   '}"
fi
