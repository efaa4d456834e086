#!/bin/sh
# Changes which libraries Slurm links and opens. Run in the top of an unpacked
# source tree.
set -eu
. "$(dirname "$0")/edit.sh"

# libslurm_pmi, for libpmi alone, is libslurm by another name: libpmi takes
# the latter. Some versions have none.
if grep -q libslurm_pmi src/api/Makefile.in; then
	edit src/api/Makefile.in '/^pkglib_LTLIBRARIES = /s/ libslurm_pmi\.la//'
	edit contribs/pmi/Makefile.in 's/libslurm_pmi\.la/libslurm.la/'
	! grep -q '^pkglib_LTLIBRARIES.*libslurm_pmi' src/api/Makefile.in ||
		fail 'src/api/Makefile.in: libslurm_pmi is still built'
	grep -q '^libpmi_la_LIBADD = .*/libslurm\.la$' contribs/pmi/Makefile.in ||
		fail 'contribs/pmi/Makefile.in: libpmi does not take libslurm'
fi

# Libraries opened at run time are named as those that link them name them:
# the names without a version belong to development packages.
soname() {
	objdump -p "$PREFIX/lib/$1" | sed -n 's/^ *SONAME *//p'
}
for library in libpmix libucp librocm_smi64 libze_loader; do
	test -e "$PREFIX/lib/$library.so" || continue
	name=$(soname $library.so)
	test -n "$name" || fail "$library.so has no SONAME"
	for file in $(grep -rlF "$library.so\"" src --include='*.c'); do
		edit "$file" "s/$library\\.so\"/$name\"/"
	done
done
for file in src/common/gpu.c src/interfaces/gpu.c; do
	if test -e $file && ! grep -q 'libnvidia-ml\.so\.1"' $file; then
		edit $file 's/libnvidia-ml\.so"/libnvidia-ml.so.1"/'
	fi
done

# configure wants to link libnvidia-ml, though only slurmd's dlopen() brings
# it in: it belongs to the driver. This one has just what configure looks for.
mkdir stubs
echo 'int nvmlInit(void) { return 0; }' |
	$CC -shared -fPIC -x c -o stubs/libnvidia-ml.so -
