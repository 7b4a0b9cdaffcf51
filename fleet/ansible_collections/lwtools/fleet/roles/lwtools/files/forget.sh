#!/bin/sh
# forget.sh - removes apt's copies of the repository's indexes and packages, and prints their names
set -eu
list=/etc/apt/sources.list.d/lwtools.list
for file in /var/cache/apt/archives/lwtools*.deb; do
	[ ! -e "$file" ] || { rm "$file"; echo "$file"; }
done
[ -e "$list" ] || exit 0
# shellcheck disable=SC2016 # apt expands it
apt-get indextargets -o Dir::Etc::sourcelist="$list" -o Dir::Etc::sourceparts=- --format '$(FILENAME)' |
	sed -n 's/\(_dists_.*\)_main_[^/]*$/\1/p' | sort -u | while read -r name; do
	find "${name%/*}" -maxdepth 1 -type f -name "${name##*/}_*" -print -delete
done
