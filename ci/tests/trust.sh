# shellcheck shell=bash
# trust.sh - only modules that a key of this host vouches for are inserted, and none older than those before:
# manifest, signature, hash, serial, directories
# shellcheck disable=SC2154,SC2086 # names from lib.sh; none has a space

keys=/etc/lwtools/keys
serials=/var/lib/lwtools/serial
trust=/lw/trust

# runs PATTERN OPTION... - the tool runs, and stderr says so in one line; for '', stderr is empty
runs() {
	local text=$1
	shift
	lwload killsnoop -d 0.1 "$@" > $out 2> $err || return
	[ -n "$text" ] || { [ ! -s $err ]; return; }
	says "$text" $err && [ "$(wc -l < $err)" -eq 1 ]
}

# Both may be conditions, where set -e has no effect.
refuses() {
	local text=$1
	shift
	exits 4 "$text" lwload killsnoop -d 0.1 "$@" && not grep '^lw_' /proc/modules
}

unsigned() {
	rm $work/copy/lwtools.manifest.sig
	refuses '*lwtools.manifest.sig'
	refuses '*lwtools.manifest.sig' --older
	runs 'warning: *--unsigned*lwtools.manifest.sig' --unsigned
	rm $work/copy/lwtools.manifest
	refuses '*lwtools.manifest '
	runs 'warning: *--unsigned*lwtools.manifest ' --unsigned
}

test_trust_a_module_nobody_vouches_for_takes_an_option() {
	with_copy unsigned
}

# Appends a byte after the ELF file, which the kernel itself would not see.
other_bytes() {
	printf x >> $work/copy/lw_killsnoop.ko
	refuses '*manifest*hash'
	refuses '*manifest*hash' --unsigned --older
	prints 4 'killsnoop      hash       FAIL' lwload check killsnoop
	lwload opensnoop -d 0.1
}

test_trust_a_module_with_other_bytes_is_refused() {
	with_copy other_bytes
}

other_manifest() {
	sed -i 's/\t0.1.0\t/\t0.1.1\t/' $work/copy/lwtools.manifest
	refuses '*key*signed*manifest*changed' --unsigned
}

test_trust_a_manifest_that_was_changed_is_refused() {
	with_copy other_manifest
}

stranger() {
	cp $trust/stranger/* $work/copy
	refuses '*signed by key*/etc/lwtools/keys'
	runs 'warning: *--unsigned*signed by key*/etc/lwtools/keys' --unsigned
	ln -s $trust/stranger.pub $keys/stranger.pub
	refuses '*stranger.pub: *symbolic link'
	rm $keys/stranger.pub
	cp $trust/stranger.pub $keys
	runs ''
	lwload info killsnoop > $work/got
	rm $keys/stranger.pub
	grep -q '^signed by: stranger$' $work/got
}

test_trust_a_stranger_is_trusted_when_the_key_is_here() {
	with_copy stranger
}

older() {
	rm -f $serials/*
	runs ''
	[ "$(cat $serials/*)" = 1000 ]
	cp $trust/newer/* $work/copy
	runs ''
	[ "$(cat "$serials/$(uname -r)")" = 999999 ]
	cp $trust/older/* $work/copy
	refuses '1*999999*--older'
	refuses '1*999999*--older' --unsigned
	prints 4 'killsnoop      serial     FAIL 1*999999' lwload check killsnoop
	runs 'warning: *--older*1*999999' --older
	refuses '1*999999*--older'
	rm -r $serials
}

test_trust_an_older_version_takes_an_option() {
	with_copy older
}

of_another_build() {
	cp $trust/build/* $work/copy
	if has_modversions; then
		prints 0 'killsnoop      build      warn *another build' lwload check killsnoop
		runs ''
	else
		prints 4 'killsnoop      build      FAIL *another build' lwload check killsnoop
		refuses '*another build'
		refuses '*another build' --unsigned --older
	fi
}

test_trust_another_build_is_refused_unless_the_kernel_would_tell() {
	with_copy of_another_build
}

test_trust_a_serial_that_cannot_be_kept_is_a_warning() {
	local status=0
	rm -rf $serials
	mount -t tmpfs -o ro,mode=755 tmpfs /var/lib/lwtools
	runs 'warning: *older version' || status=$?
	umount /var/lib/lwtools
	[ $status -eq 0 ]
	runs ''
	[ -s "$serials/$(uname -r)" ]
}

test_trust_each_directory_is_roots_alone() {
	local dir mode status=0
	for dir in "/lib/modules/$(uname -r)" /lib/modules /usr /; do
		mode=$(stat -c %a $dir)
		chmod o+w $dir
		refuses '*mode ' --unsigned || status=$?
		chmod "$mode" $dir
		chown 65534 $dir
		refuses '*uid 65534' --unsigned || status=$?
		chown 0 $dir
	done
	chmod o+w $keys
	refuses '*keys: *mode ' || status=$?
	chmod o-w $keys
	[ $status -eq 0 ]
	runs ''
}
