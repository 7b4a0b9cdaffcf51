# shellcheck shell=bash
# bad.sh - bad input: one clear line, the documented status, nothing inserted
# shellcheck disable=SC2154,SC2086 # names from lib.sh; none has a space

test_bad_input_is_refused_with_one_line() {
	local long
	long=$(printf 'x%.0s' $(seq 600))
	exits 2 'no such tool' lwload nosuchtool
	exits 2 'is not the name of a tool' lwload ../x
	exits 2 'is not the name of a tool' lwload /etc/passwd
	exits 2 'is not the name of a tool' lwload ''
	exits 2 '-q is unknown' lwload opensnoop -q
	exits 2 '--nope is unknown' lwload opensnoop --nope
	exits 2 '-p needs a value' lwload opensnoop -p
	exits 2 '"abc" is not a process id' lwload opensnoop -p abc
	exits 2 '"5abc" is not a process id' lwload opensnoop -p 5abc
	exits 2 '"-1" is not a process id' lwload opensnoop -p -1
	exits 2 'is not a process id' lwload opensnoop -p 99999999999999999999
	exits 2 'is not a user id' lwload opensnoop -u -5
	exits 2 'is not a command name of 1 to 15 bytes' lwload opensnoop -n "$long"
	exits 2 'quote' lwload opensnoop -n 'a" uid="5'
	exits 2 'is not names of open(2) flags' lwload opensnoop -f O_BOGUS
	exits 2 'is not a signal number' lwload killsnoop -s 65
	exits 2 'is not a number of seconds' lwload opensnoop -d 0
	exits 2 'is not a number of records' lwload opensnoop -c -3
	exits 2 'is not a number of MiB' lwload opensnoop --buffer 5000
	exits 2 'takes no argument' lwload opensnoop 5
	exits 2 'given twice' lwload opensnoop -p 5 -p 6
	exits 2 'want the name of one tool' lwload info
}

test_no_arguments_print_the_usage() {
	local status=0
	lwload > $out 2> $err || status=$?
	[ $status -eq 2 ]
	[ ! -s $out ]
	grep -q '^usage: lwload' $err
}

test_a_user_who_is_not_root_is_refused() {
	exits 4 'takes root' setpriv --reuid 65534 --regid 65534 --clear-groups lwload opensnoop --duration 1
}

test_root_without_the_capability_is_refused() {
	exits 4 'without CAP_SYS_MODULE' setpriv --bounding-set -sys_module --inh-caps -sys_module lwload opensnoop --duration 1
}

test_a_full_disk_is_an_error() {
	local status=0
	lwload opensnoop --duration 5 > /dev/full 2> $err || status=$?
	[ $status -eq 1 ]
	grep -q 'cannot write to stdout: No space left' $err
}

test_a_closed_stdout_is_an_error() {
	local status=0
	lwload opensnoop --duration 5 >&- 2> $err || status=$?
	[ $status -eq 1 ]
	grep -q 'stdout is not open' $err
}

module_of_another_release() {
	sed -i "s/vermagic=$(uname -r)/vermagic=9${release#?}/" $work/copy/lw_opensnoop.ko
	exits 4 "built for kernel 9${release#?}, this kernel is $release" lwload opensnoop
}

test_a_module_of_another_release_is_refused() {
	release=$(uname -r)
	with_copy module_of_another_release
}

truncated_module() {
	local size n
	size=$(stat -c %s $work/copy/lw_opensnoop.ko)
	for n in 0 1 100 4096 65536 $((size - 4096)) $((size - 1)); do
		head -c "$n" $work/copy/lw_opensnoop.ko > $work/copy/lw_killsnoop.ko
		exits 4 lw_killsnoop.ko lwload killsnoop --duration 1
	done
}

test_a_truncated_module_is_refused() {
	with_copy truncated_module
}

renamed_module() {
	cp $work/copy/lw_opensnoop.ko $work/copy/lw_other.ko
	exits 4 'holds module lw_opensnoop, wanted lw_other' lwload other
}

test_a_renamed_module_is_refused() {
	with_copy renamed_module
}

module_of_others() {
	chmod 666 $work/copy/lw_opensnoop.ko
	exits 4 'others than its owner may write' lwload opensnoop
	chmod 644 $work/copy/lw_opensnoop.ko
	chown 65534 $work/copy/lw_opensnoop.ko
	exits 4 'not by root' lwload opensnoop
	rm $work/copy/lw_opensnoop.ko
	ln -s lw_killsnoop.ko $work/copy/lw_opensnoop.ko
	exits 4 'symbolic link' lwload opensnoop
	rm $work/copy/lw_opensnoop.ko
	gzip -c $work/copy/lw_killsnoop.ko > $work/copy/lw_opensnoop.ko
	exits 4 'not a kernel module' lwload opensnoop
}

test_a_module_others_could_have_changed_is_refused() {
	with_copy module_of_others
}

no_modules() {
	rm $work/copy/*
	exits 3 "install lwtools-modules-$release" lwload opensnoop
	exits 3 "install lwtools-modules-$release" lwload list
}

test_a_kernel_without_modules_is_told() {
	release=$(uname -r)
	with_copy no_modules
}
