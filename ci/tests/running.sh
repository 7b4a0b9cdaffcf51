# shellcheck shell=bash
# running.sh - loss is told, floods are held back, files are kept whole, recorders go on
# shellcheck disable=SC2154,SC2086 # names from lib.sh; none has a space

# The kernel has room for the processors' variables of few modules.
test_all_tools_run_at_once() {
	local tool err started=() status
	for tool in $(find "$modules" -name 'lw_*.ko' -printf '%f\n' | sed 's/^lw_//; s/\.ko$//; /^dummy/d'); do
		err=$work/$tool.err
		lwload "$tool" --verbose > /dev/null 2> "$err" < /dev/null &
		started+=($!)
		await tracing "$err" 30
	done
	[ ${#started[@]} -ge 11 ]
	kill -INT "${started[@]}"
	for lwload in "${started[@]}"; do
		status=0
		wait "$lwload" || status=$?
		[ $status -eq 0 ] || [ $status -eq 5 ]
	done
}

# ---- loss and rate ----

test_max_rate_leaves_out_and_counts() {
	local shown out_of
	start opensnoop --json --summary -n workload --max-rate 100
	$workload repeat 10000 /etc/hostname
	finish
	shown=$(grep -c '"pid"' $out)
	[ "$shown" -ge 100 ]
	[ "$shown" -lt 10000 ]
	out_of=$(sed -n "s/.*: \([0-9]*\) records .*--max-rate.* $shown shown\$/\1/p" $err)
	[ $((shown + out_of)) -ge 10000 ]
	tail -n 1 $out > $work/got
	jq -e ".lwload | .ended == \"signal\" and .shown == $shown and .shed == $out_of and .lost == 0" $work/got
}

# A filter of jq would have shown the same.
test_where_shows_what_meets_it() {
	start opensnoop --json --summary -n workload --where 'path~hostname' --where err=0
	$workload repeat 17 /etc/hostname
	$workload repeat 5 /etc/issue
	$workload repeat 3 /nowhere/hostname
	finish
	[ "$(grep -c '"/etc/hostname"' $out)" -eq 17 ]
	not grep -e '"/etc/issue"' -e nowhere $out
	tail -n 1 $out | jq -e '.lwload | .shown == 17 and .unmatched >= 8 and .records == .shown + .unmatched'
}

test_fields_are_shown_in_the_order_of_the_list() {
	start opensnoop -n workload --json --fields path,pid
	$workload repeat 3 /etc/hostname
	finish
	grep -q '^{"path":"/etc/hostname","pid":[0-9]*}$' $out
	not grep -v '^{"path":"[^"]*","pid":[0-9]*}$' $out
	start opensnoop -n workload --fields path,pid
	$workload repeat 3 /etc/hostname
	finish
	[ "$(head -n 1 $out)" = 'PATH     PID' ]
	exits 2 'fields*paht' lwload opensnoop --fields pid,paht
	nothing_is_inserted
}

test_summary_tells_what_was_lost() {
	local status=0
	# A buffer that is full before it is read, and nobody who stands still.
	start opensnoop --json --summary -n workload --buffer 1
	kill -STOP $lwload
	$workload repeat 60000 /etc/hostname
	kill -CONT $lwload
	finish || status=$?
	[ $status -eq 5 ]
	tail -n 1 $out > $work/got
	jq -e '.lwload | .lost > 0 and .lost + .shown >= 60000 and .shown == .records' $work/got
	[ "$(grep -c '"pid"' $out)" -eq "$(jq .lwload.shown $work/got)" ]
}

# Root has its share of the buffer when the module tells of what it missed. It tells again.
test_loss_that_finds_no_room_is_told_later() {
	local shown missed
	start opensnoop --json --buffer 1
	kill -STOP $lwload
	taskset -c 0 $workload repeat 60000 /etc/hostname
	block open 1001
	pause 3
	kill -CONT $lwload
	await 'do_sys_openat2: too many calls' $err
	unblock
	finish || [ $? -eq 5 ]
	shown=$(jq -c "select(.path == \"$work/65534/file\")" $out | wc -l)
	missed=$(uncounted 'do_sys_openat2: too many calls')
	echo "$shown shown, $missed missed"
	[ $((shown + missed)) -ge 1001 ]
}

# ---- files ----

test_output_goes_to_a_file() {
	start opensnoop -n workload --output $work/file
	$workload opens > $work/all
	finish
	[ ! -s $out ]
	[ "$(stat -c %a $work/file)" = 600 ]
	[ "$(wc -l < $work/file)" -eq 25 ]
	head -n 1 $work/file | grep -q '^ *UID '
}

test_output_follows_no_link() {
	ln -s /etc/passwd $work/link
	cp /etc/passwd $work/want
	exits 1 "opensnoop: *$work/link: *symbolic link" lwload opensnoop --output $work/link --duration 1
	exits 1 'opensnoop: */dev/null: *regular file' lwload opensnoop --output /dev/null --duration 1
	same $work/want /etc/passwd
	not grep '^lw_' /proc/modules
}

# All lines but the last are whole in any case.
test_output_on_a_full_disk_is_an_error() {
	local status=0
	mkdir $work/disk
	mount -t tmpfs -o size=1M tmpfs $work/disk
	start opensnoop --json -n workload --output $work/disk/file
	$workload repeat 20000 /etc/hostname
	wait $lwload || status=$?
	cp $work/disk/file $work/got
	umount $work/disk
	[ $status -eq 1 ]
	says "$work/disk/file: No space left" $err
	not grep '^lw_' /proc/modules
	[ "$(stat -c %s $work/got)" -gt 900000 ]
	tail -c 1 $work/got | cmp - <(echo)
	jq -e -s 'length > 1000 and all(.path)' $work/got
}

test_output_is_rotated_by_size() {
	local file n
	start opensnoop --json -n workload --output $work/file --rotate 64K,3
	$workload repeat 2003 /etc/hostname
	finish
	printf '%s\n' file file.1 file.2 file.3 > $work/want
	(cd $work && printf '%s\n' file*) > $work/got
	same $work/want $work/got
	for file in "$work"/file.?; do
		n=$(stat -c %s $file)
		[ "$n" -gt 64000 ]
		[ "$n" -le 65536 ]
	done
	# Whole records, without a gap from the oldest to the newest
	cat $work/file.3 $work/file.2 $work/file.1 $work/file > $work/got
	jq -e -s 'all(.path)' $work/got
	[ "$(jq -r .time $work/got | sort -c 2>&1 | wc -l)" -le 1 ]
}

# ---- recorders ----

# run_of TOOL - prints the process that is attached; recorder_of TOOL - the process that keeps the records
run_of() {
	lwload status --json | jq "select(.tool == \"$1\") | .pid"
}

recorder_of() {
	cut -d ' ' -f 6 "/proc/$(run_of "$1")/stat"
}

in_dump() {
	lwload dump opensnoop > $work/got
	grep -qF -- "$1" $work/got
}

# kept TEXT - waits until opensnoop's dump has the text; the dump is in $work/got
kept() {
	eventually 5 in_dump "$1"
}

dump_has_lines() {
	lwload dump opensnoop > $work/got
	[ "$(wc -l < $work/got)" -eq "$1" ]
}

# has_so_many NUMBER TEXT - does $work/got have this number of lines with the text?
has_so_many() {
	[ "$(grep -cF "$2" $work/got)" -eq "$1" ]
}

is_left() {
	lwload status | grep -qE '^opensnoop +left '
}

test_start_records_what_dump_prints() {
	lwload start opensnoop -n workload > $out 2> $err < /dev/null
	# Its probes are in place.
	$workload opens > $work/all
	echo "opensnoop: recording (pid $(run_of opensnoop))" > $work/want
	same $work/want $out
	[ ! -s $err ]
	eventually 5 dump_has_lines 25
	head -n 1 $work/got | grep -q '^ *UID '
	$workload once /etc/hostname
	kept /etc/hostname
	[ "$(wc -l < $work/got)" -ge 26 ]
	lwload stop opensnoop > $out
	says 'opensnoop: *stopped (pid ' $out
	[ ! -e /run/lwtools/opensnoop.sock ]
	not grep '^lw_' /proc/modules
	exits 1 'opensnoop: *lwload start opensnoop' lwload dump opensnoop
}

test_start_survives_logout() {
	local run recorder process
	# A session that ends, with descriptors that somebody waits for
	setsid bash -c 'lwload start opensnoop --json -n workload; exit' 2>&1 | cat > $out
	run=$(run_of opensnoop)
	recorder=$(recorder_of opensnoop)
	for process in $run $recorder; do
		# No terminal, no working directory that could be in the way
		[ "$(cut -d ' ' -f 7 /proc/$process/stat)" -eq 0 ]
		[ "$(readlink /proc/$process/cwd)" = / ]
		[ "$(readlink /proc/$process/fd/0)" = /dev/null ]
		kill -HUP $process
	done
	$workload once /etc/hostname
	kept /etc/hostname
	lwload stop opensnoop > $out
}

test_attach_prints_what_comes() {
	local attach
	lwload start opensnoop --json -n workload > $out
	$workload once /etc/passwd
	kept /etc/passwd
	lwload attach opensnoop > $work/got 2> $err &
	attach=$!
	pause 1
	$workload repeat 97 /etc/hostname
	eventually 5 has_so_many 97 /etc/hostname
	kill -INT $attach
	wait $attach
	[ ! -s $err ]
	[ "$(grep -c /etc/hostname $work/got)" -eq 97 ]
	not grep -q /etc/passwd $work/got
	# A reader that goes away ends nothing but itself.
	lwload attach opensnoop | head -n 1 > $work/got &
	pause 1
	$workload once /etc/hostname
	wait $!
	kept /etc/hostname
	lwload stop opensnoop > $out
}

test_attach_that_stands_still_holds_up_nobody() {
	local attach status=0
	hold_pipe
	lwload start --keep 64K opensnoop --json -n workload > $out
	lwload attach opensnoop > $work/pipe 2> $err &
	attach=$!
	pause 1
	$workload repeat 20000 /etc/hostname
	$workload once /etc/fstab
	kept /etc/fstab
	lwload stop opensnoop > $out
	release
	wait $attach || status=$?
	[ $status -eq 0 ] || [ $status -eq 5 ]
}

# Eight readers take nothing: another is turned away, but stop works.
test_attach_by_many_that_stand_still_locks_nobody_out() {
	local i attach=() status=0
	lwload start opensnoop --json -n workload > $out
	for i in 1 2 3 4 5 6 7 8; do
		lwload attach opensnoop &> /dev/null &
		attach+=($!)
	done
	pause 2
	kill -STOP "${attach[@]}"
	lwload dump opensnoop > $out 2> $err || status=$?
	lwload stop opensnoop > $work/stopped
	kill -CONT "${attach[@]}"
	for i in "${attach[@]}"; do wait $i; done
	[ $status -eq 1 ]
	says 'opensnoop: *reader' $err
	says 'opensnoop: *stopped' $work/stopped
	not grep '^lw_' /proc/modules
}

test_recorder_keeps_to_its_memory() {
	local recorder size
	lwload start --keep 1M opensnoop --json -n workload > $out
	recorder=$(recorder_of opensnoop)
	$workload repeat 30000 /etc/hostname
	$workload once /etc/fstab
	kept /etc/fstab
	# Four times as much has come.
	size=$(stat -c %s $work/got)
	[ "$size" -gt 1000000 ]
	[ "$size" -le 1048576 ]
	jq -e -s 'all(.path)' $work/got
	awk '/^VmHWM/ { print; exit !($2 <= 4096) }' /proc/$recorder/status
	[ "$(lwload status --json | jq .kept)" -eq "$size" ]
	lwload status | grep -qE "^opensnoop +recording +[0-9]+ root .* $size lwload start --keep 1M opensnoop"
	lwload stop opensnoop > $out
}

test_stop_tells_what_a_recorder_lost() {
	local run status=0
	lwload start opensnoop --json -n workload --buffer 1 > $out
	run=$(run_of opensnoop)
	kill -STOP $run
	$workload repeat 60000 /etc/hostname
	kill -CONT $run
	lwload stop opensnoop > $out 2> $err || status=$?
	[ $status -eq 5 ]
	says 'warning: opensnoop: *records*lost' $err
}

test_start_after_a_recorder_was_killed() {
	local recorder
	lwload start opensnoop --json -n workload > $out
	recorder=$(recorder_of opensnoop)
	kill -KILL "$(run_of opensnoop)" $recorder
	eventually 5 is_left
	[ -e /run/lwtools/opensnoop.sock ]
	lwload start opensnoop --json -n workload > $out 2> $err
	says 'warning: opensnoop: removed*lw_opensnoop' $err
	$workload once /etc/hostname
	kept /etc/hostname
	# The run alone: what it recorded is there.
	kill -KILL "$(run_of opensnoop)"
	pause 1
	kept /etc/hostname
	lwload start opensnoop --json -n workload > $out 2> $err
	says 'opensnoop: *previous*records' $err
	# The recorder alone: the run ends.
	kill -KILL "$(recorder_of opensnoop)"
	eventually 5 nothing_is_inserted
}

test_start_keeps_what_an_ended_run_recorded() {
	lwload start opensnoop --json -n workload --duration 2 > $out
	$workload once /etc/hostname
	eventually 10 nothing_is_inserted
	lwload status | grep -qE '^opensnoop +ended +- - '
	lwload dump opensnoop > $work/got 2> $err
	grep -q /etc/hostname $work/got
	says 'opensnoop: *ended*lwload stop opensnoop' $err
	lwload stop --all > $out
	prints 0 '' lwload status
}

test_start_that_fails_says_why() {
	exits 2 'opensnoop: *-Z*unknown' lwload start opensnoop -Z
	exits 2 'nosuch*lwload list' lwload start nosuch
	exits 2 '--keep*"1K"*size' lwload start --keep 1K opensnoop
	exits 2 'opensnoop: *recorder*--output' lwload start opensnoop --output $work/file
	exits 4 'start*root*sudo' setpriv --reuid 65534 --regid 65534 --clear-groups lwload start opensnoop
	lwload start opensnoop --help > $out
	grep -q '^usage: lwload opensnoop' $out
	[ ! -e $work/file ]
}

# lwload comes alone, as from a tarball; the modules are a copy.
tarball_is_removed() {
	mkdir -p $work/tar/tree/usr/sbin
	cp -p /usr/sbin/lwload $work/tar/tree/usr/sbin
	cp /lw/tests/install.sh $work/tar
	uname -r > $work/tar/release
	(cd $work/tar && sha256sum tree/usr/sbin/lwload > SHA256SUMS)
	lwload start opensnoop -n workload > $out
	$work/tar/install.sh --remove
	[ ! -e /usr/sbin/lwload ]
	not grep '^lw_' /proc/modules
	not pgrep -x lwload
	[ ! -e /run/lwtools ]
}

and_is_put_back() {
	local status
	strictly tarball_is_removed
	cp -p $work/tar/tree/usr/sbin/lwload /usr/sbin
	[ $status -eq 0 ] || lwload stop --all
	return $status
}

test_recorder_is_stopped_when_the_tarball_is_removed() {
	with_copy and_is_put_back
}
