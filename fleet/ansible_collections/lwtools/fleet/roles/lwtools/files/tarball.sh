#!/bin/sh
# tarball.sh - unpacks a tarball of lwtools in a directory that goes again, and has its own script install or remove it
#
# usage: sh -s -- TARBALL [--remove] < tarball.sh
set -eu
tarball=$1
shift
command -v zstd > /dev/null || { echo "zstd is not installed here, and the tarball needs it; install it" >&2; exit 1; }
dir=$(mktemp -d /var/tmp/lwtools-tarball.XXXXXX)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
tar -C "$dir" --zstd -xf "$tarball"
sh "$dir"/lwtools-*/install.sh "$@"
