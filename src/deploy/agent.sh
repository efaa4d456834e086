set -u
umask 022
LC_ALL=C
export LC_ALL
W=
newline='
'
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
# Whoever asked goes when he has the answer, and takes this process with him.
no() { clean; say "error $(first_line "$*")"; exit 0; }
bad() { say "bad $(first_line "$*")"; }

# When process $1 started, in clock ticks since boot; nothing when it is gone.
started() {
    { IFS= read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 0
    set -f
    set -- ${stat##*) }
    set +f
    printf '%s' "${20}"
}

# On NFS a look at a name can give what was there a minute ago; listing a directory asks the server.
ask_anew() { ls "$@" >/dev/null 2>&1; }
has_version() { ask_anew "$P/versions"; [ -d "$P/versions/$1" ]; }

probe() {
    ask_anew "$P"
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
        to=$(target "$link")
        case $to in versions/*) say "link $link ${to#versions/}" ;; esac
        to=$(previous "$link")
        case $to in versions/*) say "previous $link ${to#versions/}" ;; esac
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

# Of a version whose manifest is missing or cannot be read, an empty one.
manifests() {
    if [ -d "$P/versions" ]; then problem=$(ls -1 "$P/versions" 2>&1 >/dev/null) || no "$problem"; fi
    ls -1 "$P/versions" 2>/dev/null | while IFS= read -r name; do
        file=$P/versions/$name/share/slurm-factory/manifest.json
        if [ -f "$file" ] && [ -r "$file" ]; then
            size=$(wc -c <"$file")
            say "manifest $name $((size))"
            cat "$file"
        elif [ -d "$P/versions/$name" ]; then
            case $name in -* | *[!A-Za-z0-9._+~-]*) ;; *) say "manifest $name 0" ;; esac
        fi
    done
    say ok
}

begin() {
    clean
    problem=$(mkdir -p "$P/versions" "$P/.incoming" 2>&1) || no "$problem"
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

# What COMMAND says of the paths in the list, which no command line can hold at once.
facts() { # LIST COMMAND...
    list=$W/$1
    shift
    split -l 500 "$list" "$list." || return
    for part in "$list".*; do
        [ -f "$part" ] || continue
        set -f
        "$@" $(cat "$part") || return
        set +f
    done
    rm -f "$list".*
}
# In a prefix with setgid directories have it from there, whole tarball or not, unless root sets their modes.
without_inherited() {
    if [ -g "$W" ] && [ "$(id -u)" -ne 0 ]; then tr sS x-; else cat; fi
}
# Whether types, modes, sizes and the targets of links are those of the archive.
is_same() ( # DIRECTORY SHA256
    cd "$1" || exit
    IFS=$newline
    sum=$({ facts directories stat -c %A | without_inherited; facts files stat -c '%f %s'; facts links readlink; } 2>/dev/null | sha256sum)
    [ "${sum%% *}" = "$2" ]
)

copy() { # ID SHA256 SIZE_OF_LIST..., in the order of the names below
    version=versions/$1
    sum=$2
    shift 2
    for list in all directories files links sums; do
        take "$1" "$W/$list"
        shift
    done
    # Before, so that no link is followed, and no pipe or endless file read.
    if ! is_same "$version" "$sum"; then bad "$version is not what was installed"; return; fi
    # The first tar's status is lost, but it says what it cannot read.
    problem=$( { tar -C "$version" --no-recursion --hard-dereference --owner=0 --group=0 --numeric-owner \
        -cf - -T "$W/all" | tar -C "$W/software" -xf -; } 2>&1) && [ -z "$problem" ] || { bad "$problem"; return; }
    if ! is_same "$W/software" "$sum"; then bad "the copy of $version is another"; return; fi
    problem=$(cd "$W/software" && { [ ! -s "$W/sums" ] || sha256sum --quiet -c "$W/sums"; } 2>&1) || { bad "$problem"; return; }
    say ok
}

unpack() { # PROGRAM SIZE SHA256 BLAKE2B
    checks=sha256sum
    wanted=$3
    if command -v b2sum >/dev/null; then checks=b2sum wanted=$4; fi
    # tee(1) hands the bytes to tar and, through descriptor 3, to what computes the sum. $said is the words of tar, its
    # status and the sum.
    said=$( { { head -c "$2" | tee /proc/self/fd/3 | tar -C "$W" -I "$1" -xf - 3>&- >&4 2>&4 4>&-
        echo "status $?" >&4; } 3>&1 | $checks; } 4>&1)
    sum=${said##*"$newline"}
    said=${said%"$newline"*}
    case $newline$said in *"${newline}status 0") ;; *) no "$said" ;; esac
    [ "${sum%% *}" = "$wanted" ] || no "what arrived is not what was sent: $checks says ${sum%% *}, not $wanted"
    say ok
}

commit() { # ID
    # What a crash leaves behind must not look whole.
    sync -f "$W" 2>/dev/null || sync
    if ! has_version "$1"; then
        problem=$(mv -T "$W/software" "versions/$1" 2>&1) || has_version "$1" || no "$problem"
    fi
    clean
    say ok
}

# One deployment at a time from here on; the lock goes when descriptor 9 is closed, or with the process. Without flock,
# or on a file system that knows no locks, two could each overwrite what the other made active, but not mix it.
take_turn() {
    if command -v flock >/dev/null && (: >>.lock) 2>/dev/null; then
        exec 9>>.lock
        flock -w 15 9 2>/dev/null
        [ $? -ne 1 ] || no "another deployment has held $P/.lock for 15 s" # other statuses: it cannot be locked
    fi
    ask_anew . # what holds is what the one before has made active
}

# What link $1 names: versions/ID where it is ours, nothing where there is none.
target() {
    to=$(readlink "$P/$1") || return 0
    [ "$to" != ".active/$1" ] || to=$(readlink "$P/.active/$1") || return 0
    printf '%s' "${to#../../}"
}
previous() {
    to=$(readlink "$P/.active/previous/$1") || return 0
    printf '%s' "${to#../../../}"
}

put_link() { # TARGET PLACE: in one step
    rm -f "$W/link" && ln -s "$1" "$W/link" && mv -T "$W/link" "$2"
}

# What is there now, in the set being made.
copy_set() {
    rm -rf "$W/set" && mkdir -p "$W/set/previous" || return
    for link in dbd ctld d current; do
        to=$(target "$link")
        case $to in versions/*) ln -s "../../$to" "$W/set/$link" || return ;; esac
        to=$(previous "$link")
        case $to in versions/*) ln -s "../../../$to" "$W/set/previous/$link" || return ;; esac
    done
}

move_in_set() { # LINK ID
    was=$(readlink "$W/set/$1") || was=
    [ "$was" != "../../versions/$2" ] || return 0
    changes=yes
    if [ -n "$was" ]; then
        rm -f "$W/set/previous/$1" && ln -s "../$was" "$W/set/previous/$1" || return
    fi
    rm -f "$W/set/$1" && ln -s "../../versions/$2" "$W/set/$1"
}

# The one step with which all links change. Whoever is on the way through an earlier set, or has it cached (NFS), still
# finds it: some are kept.
activate_set() {
    now=$(readlink .active) || now=.sets/0
    number=${now#.sets/}
    number=${number%%.*}
    case $number in '' | *[!0-9]*) number=0 ;; esac
    next=.sets/$((number + 1)).${W##*/}
    mkdir -p .sets && mv -T "$W/set" "$next" && put_link "$next" .active || return
    for old in .sets/[0-9]*; do
        name=${old#.sets/}
        [ "${name%%.*}" -gt $((number - 10)) ] || rm -rf "$old" || :
    done
}

put_links() { # LINK...
    for link; do put_link ".active/$link" "$link" || return; done
}

# A link that somebody has put there by hand becomes one through the set, which names the same.
adopt() {
    hand=
    for link in dbd ctld d current; do
        to=$(readlink "$link") || to=
        case $to in versions/*) hand="$hand $link" ;; esac
    done
    if [ -n "$hand" ]; then copy_set && activate_set && put_links $hand; fi
}

check_move() { # LINK ID
    to=$(target "$1")
    case $to in versions/* | '') ;; *) no "$P/$1 is a link to $to, which is not below versions/" ;; esac
    [ -L "$1" ] || [ ! -e "$1" ] || no "$P/$1 is no link"
    has_version "$2" || no "version $2 is not installed"
}

move_links() { # LINK=ID...
    adopt && copy_set || return
    changes=
    made=
    for move; do
        link=${move%%=*}
        move_in_set "$link" "${move#*=}" || return
        [ -L "$link" ] || made="$made $link"
    done
    [ -n "$changes$made" ] || return 0
    if put_links $made && activate_set; then return; fi
    rm -f $made
    return 1
}

activate() { # LINK=ID...
    [ -n "$W" ] || begin
    take_turn
    for move; do check_move "${move%%=*}" "${move#*=}"; done
    trap '' HUP INT TERM PIPE
    problem=$(move_links "$@" 2>&1) || no "$problem"
    trap 'exit 1' HUP INT TERM PIPE
    exec 9>&-
    say ok
}

in_use() { # ID
    for link in dbd ctld d current; do
        [ "$(target "$link")" != "versions/$1" ] || return 0
        [ "$(previous "$link")" != "versions/$1" ] || return 0
    done
    return 1
}

remove() { # ID...
    [ -n "$W" ] || begin
    take_turn
    for id; do
        if in_use "$id" || ! has_version "$id"; then continue; fi
        problem=$(mv -T "versions/$id" "$W/$id" 2>&1) || ! has_version "$id" || no "$problem"
    done
    exec 9>&-
    for id; do
        problem=$(rm -rf "$W/$id" 2>&1) || no "$problem"
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
    probe | manifests | copy | unpack | commit | activate | remove) "$verb" "$@" ;;
    begin) begin && say ok ;;
    quit) clean; say ok; exit 0 ;;
    *) no "the word '$verb' is not known" ;;
    esac
done
