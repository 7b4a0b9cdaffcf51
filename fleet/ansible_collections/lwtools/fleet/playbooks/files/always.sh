#!/bin/sh
# always.sh - waits until lwload@TOOL runs its tool; if it does not run, prints the last message of its journal
#
# usage: sh -s -- TOOL < always.sh
set -eu
unit=lwload@$1.service
tries=300
while [ $tries -gt 0 ]; do
	if systemctl is-failed --quiet "$unit"; then
		break
	fi
	# Another run of the tool does not count.
	pid=$(systemctl show --property MainPID --value "$unit")
	if systemctl is-active --quiet "$unit" && /usr/sbin/lwload status --json | grep -F "\"pid\":$pid," | grep -q '"state":"running"'; then
		exit
	fi
	sleep 1
	tries=$((tries - 1))
done
journalctl --sync || :
echo "$unit does not run: $(journalctl -t "lwload-$1" -o cat -n 50 | grep '^lwload: ' | tail -n 1)" >&2
exit 1
