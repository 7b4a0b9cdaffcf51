# shellcheck shell=bash
# oneliners-guest.sh - in the guest: runs each one-liner by SystemTap's staprun with a small workload. It must
# show something and end
# shellcheck disable=SC2086 # names without spaces
set -u

tree=/lw/staprun
out=/tmp/one.out

work_for_all() {
	cat /etc/hostname > /dev/null
	dd if=/dev/zero of=/var/tmp/lw-one bs=4k count=3 oflag=direct conv=fsync status=none
	rm /var/tmp/lw-one
	/lw/tests/traffic http > /dev/null
	kill -0 $$
	# Inserted and removed: one that nothing here needs
	modprobe loop && rmmod loop
}

# A loopback that loses nothing may give these nothing to show.
quiet_one() {
	grep -q tcp_retransmit_skb "$1"
}

mkdir -p $tree/proc $tree/sys $tree/dev $tree/usr/lib/modules
for dir in proc sys dev usr/lib/modules; do
	mount --rbind /$dir $tree/$dir
done
for module in "$tree"/oneliners/*.ko; do
	name=$(basename $module .ko)
	chroot $tree /usr/bin/staprun /oneliners/$name.ko > $out 2> $out.err &
	pid=$!
	for _ in $(seq 100); do
		grep -q "^$name " /proc/modules && break
		sleep 0.1
	done
	sleep 1.5
	work_for_all
	kill -INT $pid
	wait $pid
	status=$?
	if [ $status -ne 0 ]; then
		echo "not ok - $name: status $status"
	elif [ ! -s $out ] && ! quiet_one $module; then
		echo "not ok - $name: shows nothing"
	elif grep -q "^$name " /proc/modules; then
		echo "not ok - $name: still inserted"
	else
		echo "ok - $name"
		continue
	fi
	sed 's/^/# /' $out.err $out | tail -n 5
done
if dmesg | grep -E 'BUG|WARN|Oops|Call Trace'; then
	echo "not ok - the kernel complained"
fi
