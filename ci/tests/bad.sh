# shellcheck shell=bash
# bad.sh - bad input: one clear line, the documented status, nothing inserted
# shellcheck disable=SC2154,SC2086 # names from lib.sh; none has a space

test_bad_input_is_refused_with_one_line() {
	local long
	long=$(printf 'x%.0s' $(seq 600))
	exits 2 'nosuchtool*lwload list' lwload nosuchtool
	exits 2 '"../x"*name' lwload ../x
	exits 2 '"/etc/passwd"*name' lwload /etc/passwd
	exits 2 '""*name' lwload ''
	exits 2 'opensnoop*-q*unknown' lwload opensnoop -q
	exits 2 'opensnoop*--nope*unknown' lwload opensnoop --nope
	exits 2 'opensnoop*-p*value' lwload opensnoop -p
	exits 2 '-p*"abc"*process' lwload opensnoop -p abc
	exits 2 '-p*"5abc"*process' lwload opensnoop -p 5abc
	exits 2 '-p*"-1"*process' lwload opensnoop -p -1
	exits 2 '-p*"99999999999999999999"*process' lwload opensnoop -p 99999999999999999999
	exits 2 '-u*"-5"*user' lwload opensnoop -u -5
	exits 2 '-n*"xxx*command*15' lwload opensnoop -n "$long"
	exits 2 '-n*quote' lwload opensnoop -n 'a" uid="5'
	exits 2 '-f*"O_BOGUS"*flags' lwload opensnoop -f O_BOGUS
	exits 2 '-s*"65"*signal' lwload killsnoop -s 65
	exits 2 '-d*"0"*seconds' lwload opensnoop -d 0
	exits 2 '-c*"-3"*records' lwload opensnoop -c -3
	exits 2 '--buffer*"5000"*MiB' lwload opensnoop --buffer 5000
	exits 2 'opensnoop*argument "5"' lwload opensnoop 5
	exits 2 '-p*twice' lwload opensnoop -p 5 -p 6
	exits 2 'info*name' lwload info
}

test_no_arguments_print_the_usage() {
	local status=0
	lwload > $out 2> $err || status=$?
	[ $status -eq 2 ]
	[ ! -s $out ]
	grep -q '^usage: lwload' $err
}

test_a_user_who_is_not_root_is_refused() {
	exits 4 'opensnoop: user: *root*65534' setpriv --reuid 65534 --regid 65534 --clear-groups lwload opensnoop --duration 1
}

test_root_without_the_capability_is_refused() {
	exits 4 'opensnoop: user: *CAP_SYS_MODULE' setpriv --bounding-set -sys_module --inh-caps -sys_module lwload opensnoop --duration 1
}

test_a_full_disk_is_an_error() {
	local status=0
	lwload opensnoop --duration 5 > /dev/full 2> $err || status=$?
	[ $status -eq 1 ]
	says 'stdout: No space left' $err
}

test_a_closed_stdout_is_an_error() {
	local status=0
	lwload opensnoop --duration 5 >&- 2> $err || status=$?
	[ $status -eq 1 ]
	says 'stdout*open' $err
}

module_of_another_release() {
	sed -i "s/vermagic=$(uname -r)/vermagic=9${release#?}/" $work/copy/lw_opensnoop.ko
	exits 4 "refused: *9${release#?}*$release" lwload opensnoop
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
	exits 4 'refused: *lw_opensnoop*lw_other' lwload other
}

test_a_renamed_module_is_refused() {
	with_copy renamed_module
}

module_of_others() {
	chmod 666 $work/copy/lw_opensnoop.ko
	exits 4 'lw_opensnoop.ko: *mode 0666' lwload opensnoop
	chmod 644 $work/copy/lw_opensnoop.ko
	chown 65534 $work/copy/lw_opensnoop.ko
	exits 4 'lw_opensnoop.ko: *uid 65534' lwload opensnoop
	rm $work/copy/lw_opensnoop.ko
	ln -s lw_killsnoop.ko $work/copy/lw_opensnoop.ko
	exits 4 'lw_opensnoop.ko: *symbolic link' lwload opensnoop
	rm $work/copy/lw_opensnoop.ko
	gzip -c $work/copy/lw_killsnoop.ko > $work/copy/lw_opensnoop.ko
	exits 4 'lw_opensnoop.ko: *kernel module' lwload opensnoop
}

test_a_module_others_could_have_changed_is_refused() {
	with_copy module_of_others
}

no_modules() {
	rm $work/copy/*
	exits 3 "opensnoop: *lwtools-modules-$release" lwload opensnoop
	exits 3 "kernel $release*lwtools-modules-$release" lwload list
}

test_a_kernel_without_modules_is_told() {
	release=$(uname -r)
	with_copy no_modules
}
