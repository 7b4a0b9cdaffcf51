#!/bin/sh
# names.sh - names of the tests that run in the guest, in their order
set -eu
cd "$(dirname "$0")"
sed -n 's/^\(test_[A-Za-z0-9_]*\)() {.*/\1/p' tools.sh reports.sh dummies.sh engine.sh bad.sh verbs.sh host.sh trust.sh staprun.sh running.sh
