# shellcheck shell=bash
# boots.sh - tests on kernels that were booted in another way; ci/tests/host runs them, ci/tests/run.sh does not
# shellcheck disable=SC2154,SC2086 # names from lib.sh; none has a space

# is_locked_down MODE [CAUSE] - lwload refuses in this mode, and names what asks for a signature
is_locked_down() {
	exits 4 "opensnoop: lockdown: $1*signed" lwload opensnoop --duration 1
	prints 4 "lockdown   FAIL $1" lwload check opensnoop
	says "signature  FAIL unsigned*${2-lockdown}" $out
	with_copy signed_by_others
}

# The module is signed by a key that the kernel does not know, and then has a damaged signature. Only the
# kernel sees either.
signed_by_others() {
	cp -r /lw/signed/* $work/copy
	exits 4 'insert*key' lwload opensnoop --duration 1
	prints 0 'signature  ok   signed*key' lwload check opensnoop
	rm -r $work/copy/signatures
	cp /lw/damaged/* $work/copy
	exits 4 'insert*signature*damaged' lwload opensnoop --duration 1
}

# lwload cannot see the lockdown, and explains the kernel's refusal.
is_locked_down_unseen() {
	umount /sys/kernel/security
	exits 4 'insert*locked down*securityfs' \
		lwload opensnoop --duration 1
	prints 0 'lockdown   skip securityfs' lwload check opensnoop
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
	exits 4 'signature: unsigned*module.sig_enforce' lwload opensnoop --duration 1
	prints 4 'signature  FAIL unsigned*module.sig_enforce' lwload check opensnoop
	with_copy signed_by_others
}

# The firmware trusts the key of this module, and so do Debian's kernels.
signed_by_the_firmwares_key() {
	local status=0
	cp -r /lw/trusted/* $work/copy
	start opensnoop -n workload
	$workload opens > $work/all
	finish
	[ "$(wc -l < $out)" -eq 25 ]
	# A further run has another name, which the signature does not cover.
	start opensnoop -n workload
	lwload opensnoop > $work/got 2>&1 || status=$?
	finish
	[ $status -eq 1 ]
	says "opensnoop: running: *(pid $lwload, *signature*lwload stop opensnoop" $work/got
	prints 0 'secureboot ok   on*signed' lwload check opensnoop
	grep 'lockdown   ok ' $out
	mok_is_told
	rm -r $work/copy/signatures
	exits 4 'opensnoop: lockdown: integrity*signed' lwload opensnoop --duration 1
}

# variable NAME - shim's variable of this name has another certificate. mokutil writes MokNew, and shim the other
variable() {
	{
		printf '\7\0\0\0a list of '
		cat /lw/signed/site.der
	} > $work/variable
	cat $work/variable > "/sys/firmware/efi/efivars/$1-605dab50-e046-4300-abb6-3dd810dd8b23"
}

mok_is_told() {
	local dir=/usr/share/lwtools/mok
	prints 0 'mok        skip no certificate' lwload check opensnoop
	mkdir -p $dir
	cp /lw/trusted/site.der $dir
	prints 0 'mok        ok   site.der*firmware' lwload check opensnoop
	cp /lw/signed/site.der $dir
	prints 0 'mok        warn site.der*not enrolled*mokutil --import' lwload check opensnoop
	variable MokNew
	prints 0 'mok        warn site.der*next boot' lwload check opensnoop
	variable MokListRT
	prints 0 'mok        ok   site.der*enrolled' lwload check opensnoop
	rm -r $dir
}

# Debian's kernels lock themselves down and ask for signatures if the firmware has secure boot on, without an
# option.
test_boot_with_secure_boot() {
	modprobe -q efivarfs || :	# built into some kernels
	mount -t efivarfs none /sys/firmware/efi/efivars
	mount -t securityfs none /sys/kernel/security
	is_locked_down integrity module.sig_enforce
	prints 4 'secureboot FAIL on*unsigned*key' lwload check opensnoop
	with_copy signed_by_the_firmwares_key
	umount /sys/kernel/security
	exits 4 'opensnoop: secureboot: on*unsigned' lwload opensnoop --duration 1
}

test_boot_in_fips_mode() {
	lwload opensnoop --duration 0.3 > $out
	prints 0 'fips       ok   on*cipher' lwload check opensnoop
	exits 4 'opensnoop: fips: on*staprun' lwload opensnoop --staprun
}

# This holds until the next boot, so that no other test can follow.
test_boot_with_modules_disabled() {
	sysctl -q kernel.modules_disabled=1
	exits 4 'opensnoop: modules: kernel.modules_disabled*1' lwload opensnoop --duration 1
	prints 4 'modules    FAIL kernel.modules_disabled*1' lwload check opensnoop
}

# Inserting the module would end the machine.
test_boot_that_panics_at_our_modules() {
	exits 4 'opensnoop: taint: *panic_on_taint*0x1000' \
		lwload opensnoop --duration 1
	prints 4 'taint      FAIL *panic' lwload check opensnoop
}

# lwload reads on another processor, and sees events of the isolated one.
test_boot_with_an_isolated_processor() {
	[ "$(cat /sys/devices/system/cpu/isolated)" = 1 ]
	start opensnoop --json -n workload
	taskset -c 1 $workload repeat 997 /etc/hostname
	pause 0.5
	grep -E '^Cpus_allowed_list:[[:space:]]*0$' /proc/$lwload/status
	finish
	[ "$(wc -l < $out)" -eq 997 ]
}
