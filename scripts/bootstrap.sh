# Sourced by ./slurm-factory, ./check and scripts/release.sh: what they need from the distribution, and how the tool is built.
# shellcheck shell=sh disable=SC2034,SC2154 # the variables are for the scripts, and $top is theirs

# To build the tool, and what it runs.
tool_packages="g++ cmake ninja-build pkg-config libcli11-dev libfmt-dev libexpected-dev libyaml-dev
nlohmann-json3-dev libcurl4-openssl-dev libssl-dev libarchive-dev libacl1-dev zlib1g-dev libdeflate-dev libzstd-dev
libsqlite3-dev libelf-dev libsolv-dev libsodium-dev libseccomp-dev crun mmdebstrap debian-archive-keyring ca-certificates uidmap"

# To make a release of it (scripts/release.sh).
release_packages="dpkg-dev xz-utils libattr1-dev"

# To test it. The SBOM is compared with its schema only where npm is, which is 400 packages of Debian's.
test_packages="libgtest-dev libgmock-dev clang-14 clang-tidy-14 clang-format-14 make gcc binutils bash python3 lmod
busybox-static iproute2 procps curl git openssh-client openssh-server runc util-linux zstd mariadb-server-core mariadb-client-core
docker-registry skopeo umoci minisign gpg gpg-agent openssl distcc lxd btrfs-progs podman gdb
python3-jsonschema tmux firefox-esr zsh fish mandoc man-db
groff-base systemd shellcheck"

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        echo "error: '$1' needs root: run this as root, or install sudo" >&2
        exit 8
    fi
}

# install_missing PACKAGE...: with apt, and only what is not there; quick when all is.
install_missing() {
    # dpkg-query prints nothing for a package it does not know, and says so on stderr.
    installed=$(dpkg-query -W -f='/${db:Status-Status} ${Package}/\n' "$@" 2>/dev/null || true)
    missing=
    for package in "$@"; do
        case $installed in
        *"/installed $package/"*) ;;
        *) missing="$missing $package" ;;
        esac
    done
    [ -z "$missing" ] && return 0
    echo "installing:$missing" >&2
    as_root apt-get update -qq >&2
    # shellcheck disable=SC2086 # a list of words
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing </dev/null >&2
}

# configured PRESET NAME=VALUE...: whether the build directory is configured with these options.
configured() {
    cache=$top/build/$1/CMakeCache.txt
    [ -f "$top/build/$1/build.ninja" ] || return 1
    shift
    for option in "$@"; do
        grep -q "^${option%%=*}:[A-Z]*=${option#*=}\$" "$cache" || return 1
    done
}

# build PRESET TARGET [NAME=VALUE...]: one line on stderr when there is nothing to do.
build() {
    preset=$1 target=$2
    shift 2
    if ! configured "$preset" "$@"; then
        for option in "$@"; do
            set -- "$@" "-D$option"
            shift
        done
        (cd "$top" && cmake --preset "$preset" "$@" >&2)
    fi
    ninja -C "$top/build/$preset" --quiet "$target" >&2
}
