# shellcheck shell=bash
# demo.sh - in the guest: a tool beside a few programs, as on a quiet host
set -eu
tool=$1

some_work() {
	sleep 1
	cat /etc/hostname /etc/passwd > /dev/null
	cat /nowhere > /dev/null 2>&1 || :
	grep -q root /etc/group
	sleep 100 &
	kill -TERM $!
	kill -0 999999 2>/dev/null || :
	date > /tmp/today
}

echo "guest: $(uname -sr), $(nproc) CPUs, no compiler, no headers, no debuginfo"
echo "guest# lwload $*"
some_work &
case " $* " in
*" -d"*|*" --duration"*|*" -h"*|*" --help"*) lwload "$@" ;;
*) lwload "$@" --duration 3 ;;
esac
echo "guest# lsmod | grep -c lw_$tool"
lsmod | grep -c "lw_$tool" || :
