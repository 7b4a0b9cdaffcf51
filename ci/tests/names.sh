#!/bin/sh
# names.sh - names of the tests that run in the guest, in their order
#
# LWTIMES=N prints those of tools N times: so long would N times as many tools take.
set -eu
cd "$(dirname "$0")"

# names FILE...
names() {
	sed -n 's/^\(test_[A-Za-z0-9_]*\)() {.*/\1/p' "$@"
}

times=${LWTIMES:-1}
while [ "$times" -gt 0 ]; do
	names tools/*.sh
	times=$((times - 1))
done
names dummies.sh engine.sh bad.sh verbs.sh host.sh trust.sh staprun.sh running.sh runs.sh whose.sh by.sh
