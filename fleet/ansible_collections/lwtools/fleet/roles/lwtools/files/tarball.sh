#!/bin/sh
# tarball.sh - unpacks a tarball of lwtools in a temporary directory; the tarball's own script installs or removes it
#
# usage: sh -s -- TARBALL [--remove] < tarball.sh
set -eu
tarball=$1
shift
command -v zstd > /dev/null || { echo "the tarball needs zstd, which is not installed here; install zstd" >&2; exit 1; }
dir=$(mktemp -d /var/tmp/lwtools-tarball.XXXXXX)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
tar -C "$dir" --zstd -xf "$tarball"
sh "$dir"/lwtools-*/install.sh "$@"
