# shellcheck shell=bash
# run.sh - in the guest: runs every test (or those named) and prints TAP
#
# Each file's tests run in a shell of their own: a function of one file never takes the place of
# another file's function of the same name.
set -eu
cd "$(dirname "$0")"

# file_of TEST - prints the name of the file that has it
file_of() {
	grep -lE "^$1\(\) \{" -- *.sh tools/*.sh | head -n 1 | grep . || { echo "run.sh: $1: no such test" >&2; exit 2; }
}

# run_file FILE TEST... - runs them in a shell that has this file's functions and those of lib.sh
run_file() (
	. ./lib.sh
	# shellcheck source=/dev/null
	. "./$1"
	shift
	for name; do
		t "$name"
	done
)

[ $# -gt 0 ] || mapfile -t all < <(sh ./names.sh)
[ $# -eq 0 ] || all=("$@")
/lw/tests/workload prepare
exec 9>&1	# for what a test says beside its result
echo "1..${#all[@]}"
file='' names=()
for name in "${all[@]}"; do
	next=$(file_of "$name")
	if [ "$next" != "$file" ]; then
		[ -z "$file" ] || run_file "$file" "${names[@]}"
		file=$next names=()
	fi
	names+=("$name")
done
run_file "$file" "${names[@]}"
