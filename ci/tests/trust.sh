# shellcheck shell=bash
# trust.sh - only what a key of this host vouches for is inserted, and nothing older than
# what has been: manifest, signature, hash, serial, directories
# shellcheck disable=SC2154,SC2086 # names from lib.sh; none has a space

keys=/etc/lwtools/keys
serials=/var/lib/lwtools/serial
trust=/lw/trust

# runs TEXT OPTION... - it runs, and says that on stderr; nothing at all for ''
runs() {
	local text=$1
	shift
	lwload killsnoop -d 0.1 "$@" > $out 2> $err || return
	[ -n "$text" ] || { [ ! -s $err ]; return; }
	grep -qF -- "$text" $err && [ "$(wc -l < $err)" -eq 1 ]
}

# Both of these may be conditions, where set -e does not hold.
refuses() {
	local text=$1
	shift
	exits 4 "$text" lwload killsnoop -d 0.1 "$@" && not grep '^lw_' /proc/modules
}

unsigned() {
	rm $work/copy/lwtools.manifest.sig
	refuses 'no lwtools.manifest.sig beside it'
	refuses 'no lwtools.manifest.sig beside it' --older
	runs 'taken, as --unsigned says: no lwtools.manifest.sig' --unsigned
	rm $work/copy/lwtools.manifest
	refuses 'no lwtools.manifest beside it'
	runs 'taken, as --unsigned says: no lwtools.manifest beside' --unsigned
}

test_trust_a_module_nobody_vouches_for_takes_an_option() {
	with_copy unsigned
}

# Behind what ELF has, where the kernel itself would not see it
other_bytes() {
	printf x >> $work/copy/lw_killsnoop.ko
	refuses 'the file is not the one of its manifest'
	refuses 'the file is not the one of its manifest' --unsigned --older
	prints 4 'killsnoop      hash       FAIL' lwload check killsnoop
	lwload opensnoop -d 0.1
}

test_trust_a_module_with_other_bytes_is_refused() {
	with_copy other_bytes
}

other_manifest() {
	sed -i 's/\t0.1.0\t/\t0.1.1\t/' $work/copy/lwtools.manifest
	refuses 'has not signed this manifest' --unsigned
}

test_trust_a_manifest_that_was_changed_is_refused() {
	with_copy other_manifest
}

stranger() {
	cp $trust/stranger/* $work/copy
	refuses 'signed by key '
	runs 'taken, as --unsigned says: signed by key ' --unsigned
	ln -s $trust/stranger.pub $keys/stranger.pub
	refuses 'stranger.pub: is a symbolic link'
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
	refuses '1, and 999999 has been used on this host'
	refuses '1, and 999999 has been used on this host' --unsigned
	prints 4 'killsnoop      serial     FAIL 1, and 999999' lwload check killsnoop
	runs 'taken, as --older says: 1, and 999999' --older
	refuses '1, and 999999 has been used on this host'
	rm -r $serials
}

test_trust_an_older_version_takes_an_option() {
	with_copy older
}

of_another_build() {
	cp $trust/build/* $work/copy
	if has_modversions; then
		prints 0 'killsnoop      build      warn built for another build' lwload check killsnoop
		runs ''
	else
		prints 4 'killsnoop      build      FAIL built for another build' lwload check killsnoop
		refuses 'built for another build of this release'
		refuses 'built for another build of this release' --unsigned --older
	fi
}

test_trust_another_build_is_refused_unless_the_kernel_would_tell() {
	with_copy of_another_build
}

test_trust_a_serial_that_cannot_be_kept_is_a_warning() {
	local status=0
	rm -rf $serials
	mount -t tmpfs -o ro,mode=755 tmpfs /var/lib/lwtools
	runs 'an older version would not be noticed' || status=$?
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
		refuses 'others than its owner may write' --unsigned || status=$?
		chmod "$mode" $dir
		chown 65534 $dir
		refuses 'owned by uid 65534, not by root' --unsigned || status=$?
		chown 0 $dir
	done
	chmod o+w $keys
	refuses 'keys: others than its owner may write' || status=$?
	chmod o-w $keys
	[ $status -eq 0 ]
	runs ''
}
