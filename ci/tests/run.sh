# shellcheck shell=bash
# run.sh - in the guest: runs every test (or those named) and prints TAP
set -eu
cd "$(dirname "$0")"
for file in lib tools reports engine bad verbs host trust staprun running boots faults soak; do
	# shellcheck source=/dev/null
	. "./$file.sh"
done

[ $# -gt 0 ] || mapfile -t all < <(sh ./names.sh)
[ $# -eq 0 ] || all=("$@")
# shellcheck disable=SC2154 # of lib.sh
$workload prepare
exec 9>&1	# for what a test says beside its result
echo "1..${#all[@]}"
for name in "${all[@]}"; do
	t "$name"
done
