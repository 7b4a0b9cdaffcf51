# shellcheck shell=bash
# verbs.sh - check, status and stop are right, and do what they say
# shellcheck disable=SC2154,SC2086 # names from lib.sh; none has a space

# leave TOOL - leaves a module, as a killed run does
leave() {
	start "$1"
	kill -KILL $lwload
	wait $lwload || :
	grep "^lw_$1 " /proc/modules
}

# seconds_ago FILE - the time of the one object in it
seconds_ago() {
	echo $(($(date +%s) - $(jq -r '.since | fromdate' "$1")))
}

# ---- check ----

test_check_says_that_every_tool_is_ready() {
	local n rules
	n=$(tools_here)
	[ "$n" -ge 1 ]
	prints 0 "$n of $n tools*$(uname -r)" lwload check
	# securityfs is not mounted: see host.sh.
	not grep -E ' (warn|FAIL) ' $out
	if has_modversions; then
		[ "$(grep -cE ' symbols    ok   1[0-9]{2} of 1[0-9]{2} ' $out)" -eq "$n" ]
	else
		[ "$(grep -c ' symbols    skip no modversions' $out)" -eq "$n" ]
	fi
	not grep -E ' (installed|trusted|name|release|build|user|proc|modules|signature|taint|kprobes|ftrace|blacklist|addresses|running|memory|manifest|signed|hash|serial) +skip ' $out
	rules=$(grep -c "^$(uname -r) opensnoop " $out)
	[ "$rules" -ge 20 ]
	[ "$(wc -l < $out)" -eq $((rules * n + 1)) ]
	prints 0 '"ready":true' lwload check --json
	jq -e -s "length == $n and all(.ready and (.rules | length == $rules))" $out
	nothing_is_inserted
}

test_check_needs_no_root() {
	prints 0 "1 of 1 tools" setpriv --reuid 65534 --regid 65534 --clear-groups lwload check opensnoop
}

# Inverts one bit of the CRC of module_layout, a symbol of every module; the name comes after the CRC.
another_crc() {
	local at
	at=$(LC_ALL=C grep -abom 1 module_layout $work/copy/lw_opensnoop.ko | head -n 1)
	flip_bit $work/copy/lw_opensnoop.ko $((${at%%:*} - 8))
	prints 4 'opensnoop      symbols    FAIL *module_layout*0x*0x' lwload check opensnoop
	grep -qF "lwtools-modules-$(uname -r)" $out
	not insmod $work/copy/lw_opensnoop.ko 2> /dev/null
	prints 0 'killsnoop      symbols    ok ' lwload check killsnoop
}

test_check_finds_a_symbol_of_another_kernel() {
	if has_modversions; then
		with_copy another_crc
	fi
}

wrong_release_fails() {
	local n
	n=$(tools_here)
	sed -i "s/vermagic=$release/vermagic=9${release#?}/" $work/copy/lw_opensnoop.ko
	prints 4 "$release opensnoop      release    FAIL *9${release#?}*$release" \
		lwload check opensnoop
	prints 4 "$((n - 1)) of $n tools*$release" lwload check
	prints 4 '"ready":false' lwload check --json
	jq -e -s 'map(select(.ready | not) | .tool) == ["opensnoop"]' $out
}

test_check_finds_a_module_of_another_release() {
	release=$(uname -r)
	with_copy wrong_release_fails
}

others_may_write() {
	chmod 666 $work/copy/lw_opensnoop.ko
	prints 4 'opensnoop      trusted    FAIL' lwload check
}

test_check_finds_a_module_others_could_have_changed() {
	with_copy others_may_write
}

test_check_tells_of_a_kernel_without_modules() {
	prints 3 'lwtools-modules-9.9.9' lwload check --kernel 9.9.9
	prints 3 'opensnoop      installed  FAIL' lwload check opensnoop --kernel 9.9.9
	exits 2 'check: *--kernel*release' lwload check --kernel ../x
	exits 2 'check: *--kernel*--all-installed' lwload check --kernel 9.9.9 --all-installed
}

# Makes the same modules for a kernel that is installed and does not run.
test_check_covers_every_installed_kernel() {
	local other tree
	other=$(uname -r)
	other=9${other#?} tree=/lib/modules/9${other#?}
	mkdir -p $tree
	cp -r /lw/trust/other $tree/systemtap
	touch $tree/modules.dep
	lwload check --all-installed > $out 2> $err || echo "status $?"
	rm -r $tree
	grep "1 of 1 tools ready for kernel $other" $out
	grep "^$other opensnoop      signature  skip unsigned" $out
}

# A file replaces the kernel's own, since lockdown cannot be undone.
test_check_knows_that_a_signature_is_asked_for() {
	local status=0
	mount -t securityfs none /sys/kernel/security
	echo "none [integrity] confidentiality" > $work/lockdown
	mount --bind $work/lockdown /sys/kernel/security/lockdown
	prints 4 'signature  FAIL unsigned*lockdown' lwload check opensnoop || status=$?
	umount /sys/kernel/security/lockdown
	umount /sys/kernel/security
	[ $status -eq 0 ]
	prints 0 'signature  ok   unsigned' lwload check opensnoop
	grep 'lockdown   skip securityfs is not mounted' $out
}

# ---- status ----

test_status_shows_a_run_and_a_leftover() {
	prints 0 '' lwload status
	start opensnoop -n nobody
	lwload status > $work/got
	lwload status --json > $work/json
	kill -KILL $lwload
	wait $lwload || :
	grep -qE "^opensnoop +running +$lwload +root +[0-9-]+ [0-9:]+ +- lwload opensnoop -n nobody --verbose\$" $work/got
	jq -e ".tool == \"opensnoop\" and .state == \"running\" and .pid == $lwload and .uid == 0 and
		.command == [\"lwload\", \"opensnoop\", \"-n\", \"nobody\", \"--verbose\"]" $work/json
	# Its times are those of the run, a moment ago.
	[ "$(seconds_ago $work/json)" -le 100 ]
	sleep 3
	lwload status > $work/got
	lwload status --json > $work/json
	lwload stop opensnoop
	grep -qE '^opensnoop +left +- - +[0-9-]+ [0-9:]+ +- -$' $work/got
	jq -e '.state == "left" and .pid == null and .command == []' $work/json
	# When it was inserted, not when somebody looked.
	[ "$(seconds_ago $work/json)" -ge 3 ]
	[ "$(seconds_ago $work/json)" -le 120 ]
}

test_status_tells_who_is_not_root_that_a_run_is_there() {
	start opensnoop -n nobody
	setpriv --reuid 65534 --regid 65534 --clear-groups lwload status > $work/got
	finish
	grep -qE '^opensnoop +running +- - ' $work/got
}

# The process has other mounts, but the same /proc.
test_status_sees_a_run_from_another_mount_namespace() {
	start opensnoop -n nobody
	unshare -m lwload status > $work/got
	finish
	grep -qE "^opensnoop +running +$lwload +root " $work/got
}

# A file's path ends like the control channel's, and its file system's server does not answer: stat(2) of the
# file waits for ever.
status_beside_a_deaf_file() {
	local status=0
	await deaf $work/got
	start opensnoop -n nobody
	within 20 lwload status > $work/status || status=$?
	finish
	[ $status -eq 0 ]
	grep -qE "^opensnoop +running +$lwload +root " $work/status
}

test_status_asks_no_server_of_a_user() {
	local deaf status
	modprobe -q fuse || :	# built into some kernels
	mkdir -p $work/deaf
	/lw/tests/deaf $work/deaf > $work/got &
	deaf=$!
	# Whatever comes of it: nobody could remove $work with that in it.
	strictly status_beside_a_deaf_file
	kill $deaf
	wait $deaf || :
	umount -l $work/deaf
	return $status
}

# ---- stop ----

test_stop_ends_a_run() {
	local status=0
	start opensnoop -n workload
	$workload opens > $work/all
	lwload stop opensnoop > $work/got
	nothing_is_inserted
	wait $lwload || status=$?
	[ $status -eq 0 ]
	[ "$(cat $work/got)" = "opensnoop: stopped (pid $lwload)" ]
	# Records up to then are there.
	[ "$(wc -l < $out)" -eq 25 ]
}

test_stop_removes_a_leftover() {
	leave opensnoop
	prints 0 'opensnoop: removed' lwload stop opensnoop
	nothing_is_inserted
	prints 0 'opensnoop: not running' lwload stop opensnoop
}

test_stop_all_ends_runs_and_leftovers() {
	local killsnoop
	leave opensnoop
	start killsnoop
	killsnoop=$lwload
	lwload stop --all > $work/got
	wait $killsnoop
	says "killsnoop: *(pid $killsnoop)" $work/got
	says 'opensnoop: removed' $work/got
	[ "$(wc -l < $work/got)" -eq 2 ]
	prints 0 '' lwload stop --all
}

# A run by SystemTap's own staprun, in its tree (see staprun.sh)
test_stop_ends_a_run_of_staprun() {
	(by_staprun opensnoop --staprun --verbose) > $out 2> $err < /dev/null &
	started
	lwload stop opensnoop > $work/got
	wait $lwload || :
	says 'opensnoop: stopped (pid ' $work/got
	nothing_is_inserted
}

a_stranger_is_shown() {
	lwload status | grep -q ' running '
}

test_stop_leaves_a_stranger_alone() {
	local status=0
	leave opensnoop
	sleep 100 3<> /proc/systemtap/lw_opensnoop/.cmd &
	eventually 5 a_stranger_is_shown
	lwload stop opensnoop > $work/got 2> $err || status=$?
	grep '^lw_opensnoop ' /proc/modules
	kill $!
	wait $! || :
	lwload stop opensnoop
	[ $status -eq 1 ]
	says 'opensnoop: process*attached*staprun' $err
}

test_stop_needs_root() {
	exits 4 'stop*root*sudo' setpriv --reuid 65534 --regid 65534 --clear-groups lwload stop opensnoop
	exits 2 'stop: *--all' lwload stop
}

# ---- completion ----

# offers WORD... - writes bash's completions of the last word to $work/got
offers() {
	COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
	_lwload
	printf '%s\n' "${COMPREPLY[@]}" > $work/got
}

# completes WANTED WORD... - bash offers WANTED for the last word
completes() {
	local want=$1
	shift
	offers "$@"
	grep -qx -- "$want" $work/got || { echo "no $want after $*:"; cat $work/got; return 1; }
}

# each_option WORD... - bash offers each option that stdin names
each_option() {
	offers "$@" --
	grep -oE -- '--[a-z-]+' | sort -u > $work/want
	[ -s $work/want ]
	sort -u $work/got | diff $work/want - > $work/diff
}

# usage_of VERB - prints its line of lwload --help, without the description
usage_of() {
	lwload --help | sed -n "s/^ *lwload \($1 .*\)/\1/p" | sed 's/   .*//'
}

test_completion_knows_tools_verbs_options_and_values() {
	# shellcheck source=/dev/null
	. /usr/share/bash-completion/completions/lwload
	completes opensnoop lwload ope
	[ "$(wc -l < $work/got)" -eq 1 ]
	completes check lwload ''
	completes rwtime lwload ''
	completes --help lwload --
	completes biolatency lwload info ''
	offers lwload info opensnoop ''
	not grep . $work/got
	completes --full-path lwload opensnoop --f
	completes -x lwload opensnoop -
	completes --json lwload opensnoop -x --
	completes $$ lwload opensnoop -p ''
	completes vda lwload biolatency -d ''
	completes bash lwload opensnoop -n ''
	completes bash lwload opensnoop --name ba
	completes "1,$$" lwload opensnoop -p 1,
	completes "1,$$" lwload killsnoop -t "1,${$%?}"
	completes 'cat,a\\ b,bash' lwload opensnoop -n 'cat,a\ b,ba'
	completes /etc/hostname lwload opensnoop --output /etc/hostn
	completes /etc/ lwload opensnoop --json --output /etc
	touch "$HOME/lw-here"
	# shellcheck disable=SC2088 # as it was typed
	completes "$HOME/lw-here" lwload opensnoop --output '~/lw'
	rm "$HOME/lw-here"
	completes '' lwload opensnoop --rotate ''
	# Nobody's name is run.
	cp /bin/sleep "$work/\$(>oops)"
	(cd $work && exec "./\$(>oops)" 10) &
	(cd $work && completes bash lwload opensnoop -n '')
	kill $!
	grep -qF '>oops' $work/got
	[ ! -e $work/oops ]
}

test_completion_knows_the_options_of_verbs() {
	local verb
	# shellcheck source=/dev/null
	. /usr/share/bash-completion/completions/lwload
	for verb in check status stop; do
		usage_of $verb | each_option lwload $verb
	done
	lwload opensnoop --help | sed '/^fields:/,$d' | each_option lwload opensnoop
	(usage_of start; lwload opensnoop --help | sed '/^fields:/,$d; /--output\|--rotate/d') |
		each_option lwload start --keep 16M opensnoop
	completes "$(uname -r)" lwload check --kernel ''
	completes opensnoop lwload check --json open
	completes opensnoop lwload stop ''
	completes opensnoop lwload start ''
	offers lwload start biolatency --
	not grep -E '^--(output|metrics)$' $work/got
	completes --keep lwload start --k
	completes '' lwload start --keep ''
	completes opensnoop lwload start --keep 16M ''
	completes opensnoop lwload start --keep = 16M ''
	completes $$ lwload start --keep 16M opensnoop -p ''
	for verb in list status; do
		offers lwload $verb open
		not grep open $work/got
	done
}
