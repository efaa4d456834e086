#!/bin/bash
# scripts/release.sh [DIRECTORY]: makes slurm-factory-VERSION-x86_64.tar.gz and its checksum in DIRECTORY (build/portable):
# the program and all its data, to be unpacked anywhere (docs/installation.md). Runs on Debian 12. Everything but glibc is
# linked statically, and glibc as it was in version $FLOOR (2.28). The same sources and Debian packages give the same bytes.
#
# $SOURCE_DATE_EPOCH is the time of the files: that of the commit, unless it is set.
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
work=$top/build/portable
output=$(realpath -m "${1:-$work}")
floor=${FLOOR:-2.28}
# What every glibc since the floor has; the loader's name stands there, too, when it is asked for thread-local variables.
glibc_libraries='lib(c|m|pthread|dl|rt|util|resolv)\.so\.[0-9]+|ld-linux-x86-64\.so\.2'
# shellcheck source=scripts/bootstrap.sh
. "$top/scripts/bootstrap.sh"

die() {
    echo "error: $*" >&2
    exit 1
}

# source_of PACKAGE: "NAME VERSION" of the source that the installed package was built from.
# shellcheck disable=SC2016 # dpkg-query expands it
source_of() { dpkg-query -W -f='${source:Package} ${source:Version}\n' "$1"; }

# unpack_source PACKAGE: that source with the distribution's patches, in the directory sources/NAME; checked by apt.
unpack_source() {
    local name version
    read -r name version < <(source_of "$1")
    rm -rf "sources/$name"
    mkdir -p sources apt/lists/partial apt/archives/partial
    # shellcheck disable=SC2016 # apt expands it
    apt-get indextargets --format '$(SITE) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 'Origin: Debian' | sort -u |
        sed 's|^|deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] |' >apt/sources.list
    [ -s apt/sources.list ] || die "apt knows no Debian archive: run apt-get update"
    local apt=(apt-get -qq -o "Dir::State::Lists=$PWD/apt/lists" -o "Dir::Etc::SourceList=$PWD/apt/sources.list"
        -o Dir::Etc::SourceParts=/dev/null -o APT::Sandbox::User=)
    "${apt[@]}" update
    (cd apt && "${apt[@]}" --download-only source "$name=$version") ||
        die "the archive has no source of $name $version any longer: run apt-get upgrade"
    dpkg-source --no-check -x "apt/${name}_${version#*:}.dsc" "sources/$name" >/dev/null
}

# build_library PACKAGE TARGET OPTION...: the static library TARGET.a, which the package lacks, in libraries/.
build_library() {
    local package=$1 target=$2 name version
    shift 2
    read -r name version < <(source_of "$package")
    local stamp="$version $floor $flags $kit_sum $*"
    [ "$stamp" != "$(cat "libraries/$target.stamp" 2>/dev/null)" ] || return 0
    unpack_source "$package"
    rm -rf "build-$name"
    local -x CCACHE_BASEDIR= # with it, names of sources in the objects depend on where this tree is
    cmake -G Ninja -S "sources/$name" -B "build-$name" -DCMAKE_BUILD_TYPE=None -DCMAKE_WARN_DEPRECATED=OFF \
        "-DCMAKE_C_FLAGS=-O2 $flags -ffile-prefix-map=$PWD=." "$@" >"build-$name.log"
    ninja -C "build-$name" --quiet "$target"
    mkdir -p libraries
    find "build-$name" -name "$target.a" -exec cp {} libraries/ \;
    echo "$stamp" >"libraries/$target.stamp"
}

# check_program FILE: that it needs nothing but glibc, and no newer one than the floor.
check_program() {
    local needed newest
    needed=$(readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | grep -vxE "$glibc_libraries" || true)
    [ -z "$needed" ] || die "the program needs $needed, which hosts may not have"
    newest=$(readelf -V "$1" | grep -oE 'Name: GLIBC_[0-9.]+' | sed 's/.*_//' | sort -Vu | tail -n 1)
    [ "$(printf '%s\n' "$newest" "$floor" | sort -V | tail -n 1)" = "$floor" ] ||
        die "the program needs glibc $newest, and the floor is $floor"
    ! readelf -V "$1" | grep -E 'Name: (GLIBCXX|CXXABI|GCC)_' || die "the program needs the compiler's libraries"
    ! readelf -d "$1" | grep -E 'R(UN)?PATH' || die "the program looks for libraries in directories of its own"
    ! strings -a "$1" | grep -F "$top" || die "the program names the directory it was built in"
}

# copy_licences DIRECTORY: of all that is linked in, with the versions.
copy_licences() {
    local package
    mkdir -p "$1"
    {
        grep -oE '/usr/lib/[^ ]+\.a\b' tool/build.ninja | sort -u | xargs dpkg -S | cut -d : -f 1
        # Made here; the compiler's and glibc's parts of every program; headers that are code.
        printf '%s\n' libsolv-dev libcurl4-openssl-dev libc6-dev libgcc-12-dev libstdc++-12-dev \
            libfmt-dev libexpected-dev nlohmann-json3-dev libcli11-dev
    } | sort -u | while read -r package; do
        cp "/usr/share/doc/$package/copyright" "$1/$package"
        # shellcheck disable=SC2016 # dpkg-query expands it
        dpkg-query -W -f='${Package} ${Version}\n' "$package" | head -n 1
    done >"$1/versions"
}

# shellcheck disable=SC2086,SC2154 # lists of words, of bootstrap.sh
install_missing $tool_packages $release_packages
if [ -z "${SOURCE_DATE_EPOCH:-}" ]; then
    SOURCE_DATE_EPOCH=$(git -C "$top" log -1 --format=%ct 2>/dev/null) ||
        die "this is no git checkout: set SOURCE_DATE_EPOCH to the time of the release"
fi
export SOURCE_DATE_EPOCH LC_ALL=C
mkdir -p "$work" "$output"
cd "$work"

rm -rf kit kit-work
mkdir kit kit-work
(cd kit-work && sh "$top/floor/make.sh" "$floor" "$top/floor/x86_64.symbols" "$work/kit" "$work/kit") ||
    die "no libraries for a glibc floor of $floor can be made here, with glibc $(cat kit/glibc)"
export LIBRARY_PATH=$work/kit/lib
kit_sum=$(cd kit && find . -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum)
flags="-fstack-protector-strong -D_FORTIFY_SOURCE=2 -ffunction-sections -fdata-sections"

# The solver must behave as with Debian's library; of curl the tool uses HTTP.
build_library libsolv-dev libsolv -DENABLE_STATIC=ON -DDISABLE_SHARED=ON -DMULTI_SEMANTICS=ON -DDEBIAN=ON \
    -DENABLE_COMPLEX_DEPS=ON
build_library libcurl4-openssl-dev libcurl -DBUILD_SHARED_LIBS=OFF -DBUILD_CURL_EXE=OFF -DBUILD_TESTING=OFF \
    -DENABLE_MANUAL=OFF -DPICKY_COMPILER=OFF -DHTTP_ONLY=ON -DCURL_USE_OPENSSL=ON -DUSE_NGHTTP2=OFF -DUSE_LIBIDN2=OFF \
    -DCURL_USE_LIBPSL=OFF -DCURL_USE_LIBSSH2=OFF -DCURL_CA_BUNDLE=none -DCURL_CA_PATH=none

cmake -G Ninja -S "$top" -B tool -DCMAKE_BUILD_TYPE=Release -DCMAKE_UNITY_BUILD=ON -DBUILD_TESTING=OFF -DSF_STATIC=ON \
    -DCMAKE_LIBRARY_PATH="$work/libraries" -DCMAKE_CXX_FLAGS="$flags -ffile-prefix-map=$top=." \
    -DCMAKE_EXE_LINKER_FLAGS="-Wl,--gc-sections -Wl,-z,relro -Wl,-z,now" >tool.log
rm -f tool/bin/slurm-factory # it is linked with the kit, of which ninja knows nothing
ninja -C tool --quiet slurm-factory
check_program tool/bin/slurm-factory

version=$(tool/bin/slurm-factory --version)
name=slurm-factory-$version
rm -rf stage
cmake --install tool --prefix "$work/stage/$name" --strip >install.log
copy_licences "stage/$name/share/doc/slurm-factory/licences"
archive=$name-x86_64.tar.gz
tar --create --directory stage --sort=name --format=gnu --owner=0 --group=0 --numeric-owner --mode=go-w,a+rX \
    --mtime="@$SOURCE_DATE_EPOCH" "$name" | gzip -9n >"$output/$archive.part"
mv "$output/$archive.part" "$output/$archive"
(cd "$output" && sha256sum "$archive" >"$archive.sha256")
echo "$output/$archive"
