# shellcheck shell=bash
# boots.sh - tests of kernels that were booted in another way; run by ci/tests/host, not with the others
# shellcheck disable=SC2154,SC2086 # names from lib.sh; none has a space

# is_locked_down MODE [CAUSE] - of what is asked for a signature first
is_locked_down() {
	exits 4 "opensnoop: lockdown: $1: this kernel takes signed modules only" lwload opensnoop --duration 1
	prints 4 "lockdown   FAIL $1" lwload check opensnoop
	grep "signature  FAIL unsigned, and ${2-lockdown} asks for a signature" $out
	with_copy signed_by_others
}

# Signed by a key that the kernel does not know, and then with a damaged signature: only the
# kernel can tell
signed_by_others() {
	cp /lw/signed/* $work/copy
	exits 4 'cannot insert it: its signature is by no key that this kernel trusts' lwload opensnoop --duration 1
	prints 0 'signature  ok   signed; whether this kernel has the key shows when it is inserted' lwload check opensnoop
	cp /lw/damaged/* $work/copy
	exits 4 'cannot insert it: its signature is damaged' lwload opensnoop --duration 1
}

# Not to be seen: the kernel's refusal is explained.
is_locked_down_unseen() {
	umount /sys/kernel/security
	exits 4 'the kernel is locked down, which cannot be seen as securityfs is not mounted' \
		lwload opensnoop --duration 1
	prints 0 'lockdown   skip securityfs is not mounted' lwload check opensnoop
}

test_boot_with_lockdown_integrity() {
	mount -t securityfs none /sys/kernel/security
	is_locked_down integrity
	is_locked_down_unseen
}

test_boot_with_lockdown_confidentiality() {
	mount -t securityfs none /sys/kernel/security
	echo confidentiality > /sys/kernel/security/lockdown
	is_locked_down confidentiality
	is_locked_down_unseen
}

test_boot_with_signatures_enforced() {
	exits 4 'signature: unsigned, and module.sig_enforce asks for a signature' lwload opensnoop --duration 1
	prints 4 'signature  FAIL unsigned, and module.sig_enforce' lwload check opensnoop
	with_copy signed_by_others
}

# By a key that the firmware trusts, which Debian's kernels then do, too
signed_by_the_firmwares_key() {
	cp /lw/trusted/* $work/copy
	start opensnoop -n workload
	$workload opens > $work/all
	finish
	[ "$(wc -l < $out)" -eq 25 ]
	prints 0 'secureboot ok   on, and the module is signed' lwload check opensnoop
	grep 'lockdown   ok ' $out
}

# Debian's kernels lock themselves down when the firmware has it on, and ask for signatures: no
# option says so here.
test_boot_with_secure_boot() {
	modprobe -q efivarfs || :	# built into some kernels
	mount -t efivarfs none /sys/firmware/efi/efivars
	mount -t securityfs none /sys/kernel/security
	is_locked_down integrity module.sig_enforce
	prints 4 'secureboot FAIL on, and the module is unsigned; enroll a key and sign with it' lwload check opensnoop
	with_copy signed_by_the_firmwares_key
	umount /sys/kernel/security
	exits 4 'opensnoop: secureboot: on, and the module is unsigned' lwload opensnoop --duration 1
}

test_boot_in_fips_mode() {
	lwload opensnoop --duration 0.3 > $out
	prints 0 'fips       ok   on; the kernel takes the module' lwload check opensnoop
	exits 4 'fips: on, and staprun refuses any module then' lwload opensnoop --staprun
}

# Until the next boot, so this is the last of one.
test_boot_with_modules_disabled() {
	sysctl -q kernel.modules_disabled=1
	exits 4 'modules: kernel.modules_disabled is 1: no module until it is booted again' lwload opensnoop --duration 1
	prints 4 'modules    FAIL kernel.modules_disabled is 1' lwload check opensnoop
}

# It would be the end of the machine.
test_boot_that_panics_at_our_modules() {
	exits 4 'opensnoop: taint: the kernel panics when it takes a module of its like: panic_on_taint has 0x1000' \
		lwload opensnoop --duration 1
	prints 4 'taint      FAIL the kernel panics' lwload check opensnoop
}

# A reader on another processor sees events of the isolated one.
test_boot_with_an_isolated_processor() {
	[ "$(cat /sys/devices/system/cpu/isolated)" = 1 ]
	start opensnoop --json -n workload
	taskset -c 1 $workload repeat 997 /etc/hostname
	pause 0.5
	grep -E '^Cpus_allowed_list:[[:space:]]*0$' /proc/$lwload/status
	finish
	[ "$(wc -l < $out)" -eq 997 ]
}
