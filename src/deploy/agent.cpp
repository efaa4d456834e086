#include "deploy/agent.hpp"

namespace sf::deploy {

// PID 1 of a node need not be init, and /bin/sh need not be bash. `$W` is the directory for what comes.
const std::string_view agent_script = R"sh(
set -u
umask 022
LC_ALL=C
export LC_ALL
W=
undo=
say() { printf '%s\n' "$*"; }
# The first line that says something: gzip begins with an empty one.
first_line() {
    printf '%s\n' "$1" | while IFS= read -r line; do
        if [ -n "$line" ]; then printf '%s' "$line"; break; fi
    done
}
clean() { cd /; [ -z "$W" ] || rm -rf "$W"; W=; }
trap clean EXIT
trap 'exit 1' HUP INT TERM PIPE
no() { eval "$undo"; say "error $(first_line "$*")"; exit 0; }
bad() { say "bad $(first_line "$*")"; }

# When process $1 started, in clock ticks since boot; nothing when it is gone.
started() {
    { IFS= read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 0
    set -f
    set -- ${stat##*) }
    set +f
    printf '%s' "${20}"
}

probe() {
    there=$P
    while [ ! -d "$there" ]; do there=${there%/*}; there=${there:-/}; done
    line=$(df -Pk "$there" 2>&1 | tail -n 1)
    set -f
    set -- $line
    set +f
    say "free ${4:-0}"
    for program in gzip zstd; do
        if command -v $program >/dev/null; then say "has $program"; fi
    done
    ls -1ct "$P/versions" 2>/dev/null | while IFS= read -r name; do say "version $name"; done
    for link in dbd ctld d current; do
        to=$(readlink "$P/$link" 2>/dev/null) || to=
        case $to in versions/*) say "link $link ${to#versions/}" ;; esac
        to=$(readlink "$P/.previous/$link" 2>/dev/null) || to=
        case $to in ../versions/*) say "previous $link ${to#../versions/}" ;; esac
    done
    if real=$(cd "$P/versions" 2>/dev/null && pwd -P); then
        readlink /proc/[0-9]*/exe 2>/dev/null | while IFS= read -r exe; do
            case $exe in "$real"/*/*)
                exe=${exe#"$real"/}
                exe=${exe%" (deleted)"}
                say "running ${exe%%/*} ${exe##*/}" ;;
            esac
        done
    fi
    say ok
}

manifests() {
    ls -1 "$P/versions" 2>/dev/null | while IFS= read -r name; do
        file=$P/versions/$name/share/slurm-factory/manifest.json
        [ -f "$file" ] || continue
        size=$(wc -c <"$file")
        say "manifest $name $((size))"
        cat "$file"
    done
    say ok
}

begin() {
    clean
    problem=$(mkdir -p "$P/versions" "$P/.incoming" "$P/.previous" 2>&1) || no "$problem"
    host=$(uname -n)
    for old in "$P"/.incoming/*; do
        name=${old##*/}
        start=${name%%.*}
        name=${name#*.}
        pid=${name%%.*}
        [ "${name#*.}" = "$host" ] || continue # a shared directory: another host's may be at work
        [ "$(started "$pid")" = "$start" ] || rm -rf "$old"
    done
    W=$P/.incoming/$(started $$).$$.$host
    problem=$(mkdir -p "$W/software" 2>&1) || no "$problem"
    cd "$P" || no "cannot enter $P"
}

take() { # SIZE FILE
    problem=$( { head -c "$1" >"$2"; } 2>&1) || no "$problem"
    [ "$(wc -c <"$2")" -eq "$1" ] || no "the connection ended in the middle"
}

copy() { # ID SIZE
    take "$2" "$W/list"
    # The first tar's status is lost, but it says what it cannot read.
    if problem=$( { tar -C "versions/$1" --no-recursion -cf - -T "$W/list" | tar -C "$W/software" -xf -; } 2>&1) &&
        [ -z "$problem" ]; then say ok; else bad "$problem"; fi
}

check() { # SIZE
    take "$1" "$W/sums"
    if problem=$(cd "$W/software" && sha256sum --quiet -c "$W/sums" 2>&1); then say ok; else bad "$problem"; fi
}

unpack() { # PROGRAM SIZE
    problem=$(head -c "$2" | tar -C "$W" -I "$1" -xf - 2>&1) || no "$problem"
    say ok
}

commit() { # ID
    # What a crash leaves behind must not look whole.
    sync -f "$W" 2>/dev/null || sync
    if [ ! -d "versions/$1" ]; then
        problem=$(mv -T "$W/software" "versions/$1" 2>&1) || [ -d "versions/$1" ] || no "$problem"
    fi
    clean
    say ok
}

put_link() { # TARGET PLACE: in one step
    rm -f "$W/link" && ln -s "$1" "$W/link" && mv -T "$W/link" "$2"
}

move_link() { # ID LINK
    was=$(readlink "$2") || was=
    before=$(readlink ".previous/$2") || before=
    case $was in
    "versions/$1") return 0 ;;
    versions/* | '') ;;
    *) no "$P/$2 is a link to $was, which is not below versions/" ;;
    esac
    if [ -n "$was" ]; then
        undo="put_link '$was' '$2'; $undo"
        if [ -n "$before" ]; then undo="put_link '$before' '.previous/$2'; $undo"; else undo="rm -f '.previous/$2'; $undo"; fi
        problem=$(put_link "../$was" ".previous/$2" 2>&1) || no "$problem"
    else
        undo="[ ! -L '$2' ] || rm -f '$2'; $undo"
    fi
    problem=$(put_link "versions/$1" "$2" 2>&1) || no "$problem"
}

activate() { # ID LINK...
    [ -n "$W" ] || begin
    id=$1
    shift
    [ -d "versions/$id" ] || no "version $id is not installed"
    trap '' HUP INT TERM PIPE
    for link; do move_link "$id" "$link"; done
    undo=
    trap 'exit 1' HUP INT TERM PIPE
    say ok
}

in_use() { # ID
    for link in dbd ctld d current; do
        [ "$(readlink "$link")" != "versions/$1" ] || return 0
        [ "$(readlink ".previous/$link")" != "../versions/$1" ] || return 0
    done
    return 1
}

remove() { # ID...
    [ -n "$W" ] || begin
    for id; do
        if in_use "$id" || [ ! -d "versions/$id" ]; then continue; fi
        problem=$(mv -T "versions/$id" "$W/$id" 2>&1 && rm -rf "$W/$id" 2>&1) || no "$problem"
    done
    say ok
}

IFS= read -r P || exit 0
say "slurm-factory deploy 1"
while IFS=' ' read -r verb rest; do
    set -f
    set -- $rest
    set +f
    case $verb in
    probe | manifests | copy | check | unpack | commit | activate | remove) "$verb" "$@" ;;
    begin) begin && say ok ;;
    quit) clean; say ok; exit 0 ;;
    *) no "the word '$verb' is not known" ;;
    esac
done
)sh";

} // namespace sf::deploy
