# shellcheck shell=sh
# What the scripts beside it change Slurm's sources with; they source it.

# fail WHAT: stops the build; better none than one that only seems to work.
fail() {
	echo "${0##*/}: $*" >&2
	exit 1
}

# edit FILE SED-SCRIPT: the file keeps its time, so that make sees no newer
# input than before.
edit() {
	test -f "$1" || fail "$1: no such file"
	cp -p "$1" "$1.orig"
	sed "$2" "$1.orig" >"$1"
	touch -r "$1.orig" "$1"
	rm "$1.orig"
}
