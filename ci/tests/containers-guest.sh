# shellcheck shell=bash
# containers-guest.sh - in a guest with podman and LXC: each event is told apart by its container
# shellcheck disable=SC2154,SC2086 # names from lib.sh; none has a space

tools='opensnoop execsnoop killsnoop rwtime bitesize'

# Without systemd, podman writes to cgroup2 itself; its images lie in directories, as a layer needs a module.
podman() {
	command podman --cgroup-manager=cgroupfs --events-backend=file --storage-driver=vfs "$@"
}

# image - makes it once: busybox, and deeds.c under three names
image() {
	local tree=/tmp/lw-image
	mountpoint -q /sys/fs/cgroup || mount -t cgroup2 none /sys/fs/cgroup
	podman image exists lwimage && return
	mkdir -p $tree/bin $tree/etc $tree/var/tmp $tree/w
	cp /bin/busybox $tree/bin
	ln -s busybox $tree/bin/sh
	cp /lw/tests/deeds $tree/bin/deeds
	cp /lw/tests/deeds $tree/bin/deed
	echo host > $tree/etc/hostname
	tar -C $tree -c . | podman import - lwimage
}

# deeds N FILE - the words of a container's command: it does N of each thing when $work/go is there
deeds() {
	echo "until [ -e /w/go ]; do /bin/busybox sleep 0.1; done; exec /bin/deeds $1 deeds deeds /bin/deed < /dev/null > /w/$2"
}

# container NAME N [OPTION...] - begins one that waits for $work/go
container() {
	local name=$1 n=$2
	shift 2
	podman run -d --name $name --network none -v $work:/w "$@" lwimage /bin/sh -c "$(deeds $n ids.$name)"
}

# has_done NAME... - have their containers ended?
has_done() {
	local name
	for name; do
		[ "$(podman inspect -f '{{.State.Status}}' $name)" = exited ] || return
	done
}

# end_containers NAME... - they do their deeds
end_containers() {
	touch $work/go
	eventually 60 has_done "$@"
}

# A container's mounts may be in use a moment longer.
remove() {
	eventually 20 podman rm -f "$@"
}

# Each tool shows N of each thing, and nothing of another program.
only_shown() {
	records opensnoop "map(select(.path == \"/etc/hostname\")) | length == $1"
	records execsnoop 'map(select(.args == ["deed"])) | length == 1'
	records killsnoop "map(select(.sig == 0)) | length == $1"
	records rwtime "map(select(.comm == \"deeds\" and .op == \"write\") | .latency.count) == [$(($1 + 1))]"
	records rwtime 'all(.comm == "deeds" or .comm == "deed" or .comm == "busybox" or .comm == "sh")'
	records bitesize "map(select(.size.buckets[].low == 4) | [.comm, .size.buckets[-1].count]) == [[\"deeds\", $((2 * $1))]]"
}

test_containers_of_podman_are_told_apart_by_id_and_name() {
	local id
	image
	container web 3
	container shop 5
	begin_runs "$tools" --container web
	end_containers web shop
	end_runs
	only_shown 3
	remove web shop
	rm $work/go
	container shop 5
	container web 3
	id=$(podman inspect -f '{{.Id}}' shop)
	begin_runs "$tools" --container ${id:0:12}
	end_containers web shop
	end_runs
	only_shown 5
	remove web shop
}

# A shell that podman exec(1) brings into the container, a container with own user ids, and a process that the host
# has moved to a control group within it
test_containers_have_processes_from_outside() {
	local id group
	image
	chmod 777 $work
	container web 3 --uidmap 0:100000:1000
	container shop 5
	id=$(podman inspect -f '{{.Id}}' web)
	group=$(dirname "$(find /sys/fs/cgroup -path "*$id*" -name cgroup.procs -not -path '*conmon*' | head -n 1)")
	begin_runs "$tools" --container web
	podman exec web /bin/sh -c ': < /etc/hostname'
	mkdir $group/nested
	(
		echo $BASHPID > $group/nested/cgroup.procs
		exec $workload repeat 7 /etc/hostname
	)
	end_containers web shop
	end_runs
	records opensnoop 'map(select(.path == "/etc/hostname") | .comm) | group_by(.) | map([.[0], length])
		== [["deeds", 3], ["sh", 1], ["workload", 7]]'
	records opensnoop 'map(select(.comm == "deeds") | .uid) | unique == [100000]'
	records opensnoop "map(select(.comm == \"deeds\" or .comm == \"sh\") | .container) | unique == [\"${id:0:12}\"]"
	records opensnoop 'map(select(.comm == "workload") | .cgroup) | all(endswith("/nested"))'
	records killsnoop 'map(select(.sig == 0)) | length == 3'
	remove web shop
}

# It has no name before it begins, but its parent in the tree of control groups has one.
test_containers_that_live_for_a_moment_have_a_parent() {
	image
	mkdir -p /sys/fs/cgroup/lw-pods
	container shop 5
	begin_runs "$tools" --cgroup lw-pods
	podman run --rm --name short --cgroup-parent /lw-pods --network none lwimage /bin/sh -c ': < /etc/hostname'
	end_containers shop
	end_runs
	records opensnoop 'map(select(.path == "/etc/hostname") | .comm) == ["sh"]'
	records killsnoop 'map(select(.sig == 0)) == []'
	remove shop
}

test_containers_that_are_not_there_are_refused() {
	image
	exits 2 '--container*"shop"' lwload opensnoop --container shop
	container shop 5
	exits 2 "--container*\"shopp\"*$(podman inspect -f '{{.Id}}' shop | cut -c 1-12)" lwload opensnoop --container shopp
	podman stop -t 0 shop
	exits 2 '--container*"shop"' lwload opensnoop --container shop
	remove shop
	nothing_is_inserted
}

test_containers_of_lxc_have_their_names() {
	local root=/var/tmp/lw-lxc name n=0
	image
	mkdir -p /var/lib/lxc
	for name in old new; do
		n=$((n + 3))
		rm -rf $root-$name
		mkdir -p $root-$name /var/lib/lxc/$name
		cp -a /tmp/lw-image/. $root-$name
		mkdir -p $root-$name/proc $root-$name/dev $root-$name/sys
		printf '%s\n' "lxc.rootfs.path = dir:$root-$name" "lxc.uts.name = $name" 'lxc.net.0.type = none' \
			'lxc.mount.auto = proc' 'lxc.apparmor.profile = unconfined' "lxc.mount.entry = $work w none bind 0 0" > /var/lib/lxc/$name/config
		lxc-start -n $name -d -l DEBUG -o $work/lxc.log -- /bin/sh -c "$(deeds $n ids.$name)" || { tail -n 30 $work/lxc.log; return 1; }
	done
	eventually 20 lxc-wait -n new -s RUNNING -t 0
	eventually 20 lxc-wait -n old -s RUNNING -t 0
	begin_runs "$tools" --container old
	touch $work/go
	eventually 60 lxc-wait -n old -s STOPPED -t 0
	eventually 60 lxc-wait -n new -s STOPPED -t 0
	end_runs
	only_shown 3
}

# The program sees another number of itself than the host does.
test_containers_are_shown_as_fields() {
	local id
	image
	container web 3
	id=$(podman inspect -f '{{.Id}}' web)
	start killsnoop --fields pid,nspid,ppid,process,container,cgroup -n deeds --json
	end_containers web
	finish
	mv $out $work/killsnoop.json
	records killsnoop "map(select(.pid != .nspid and .nspid == 1 and .process == \"deeds\" and .ppid > 1)
		| [.container, (.cgroup | contains(\"$id\"))]) == ([[\"${id:0:12}\", true]] | . + . + .)"
	remove web
	start killsnoop --fields +container
	finish
	grep -q 'RESULT CONTAINER' $out
	# A task of the host is in no container, and a control group that is gone has its number.
	start opensnoop --json --fields pid,path,container,cgroup,ppid
	mkdir /sys/fs/cgroup/lw-gone
	(
		echo $BASHPID > /sys/fs/cgroup/lw-gone/cgroup.procs
		exec $workload repeat 2 /etc/hostname
	)
	rmdir /sys/fs/cgroup/lw-gone
	finish
	mv $out $work/opensnoop.json
	records opensnoop "map(select(.path == \"/etc/hostname\") | .container == null and .ppid == $BASHPID
		and (.cgroup == \"/lw-gone\" or (.cgroup | test(\"^[0-9]+\$\")))) == [true, true]"
}
