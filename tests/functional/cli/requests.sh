#!/bin/bash
# Requests, recipes and settings that are wrong, and hosts that lack something.
private_mounts=yes
. "$(dirname "$0")/lib.sh"
usual_packages
new_root root
unbuilt() {
    expect "$1: nothing was begun" \
        "$(find "$root" -mindepth 1 -maxdepth 1 ! -name images ! -name 'state.db*' ! -name config.yaml)" ""
}

# ---- The command line
run 2 factory build --slurm-version 9.9
expect_in "an unknown version" "$out" "error: unknown version '9.9' of slurm" "hint: known versions: 1.0"
run 2 factory build --slurm-version 'no!'
expect_in "no version at all" "$out" "error: --slurm-version no!" "hint: give a series"
run 2 build --minimul
expect_in "an unknown option" "$out" "--minimul" "hint: 'slurm-factory build --help' lists commands and options"
run 2 factory
expect_in "no command" "$out" "hint: 'slurm-factory --help'"
run 2 factory buidl
expect_in "an unknown command" "$out" "error: there is no command 'buidl'" "hint: 'slurm-factory --help'"
run 2 factory image lsit
expect_in "an unknown command of a command" "$out" "error: there is no command 'lsit'" \
    "hint: 'slurm-factory image --help'"
run 2 build --jobs none
expect_in "no number" "$out" "--jobs"
run 2 build --jobs 0
expect_in "no job" "$out" "--jobs"
run 2 factory plan --slurm-version 1.0 --format html
expect_in "an unknown format" "$out" "--format"
run 2 build --archive xz
expect_in "an unknown kind of archive" "$out" "--archive"
run 2 "$TOOL" --root "$root" build --image nosuch
expect_in "an unknown image" "$out" "nosuch" "hint: " "bookworm"
run 2 build --runtime docker
expect_in "an unknown runtime" "$out" "docker" "crun"
run 2 env SLURM_FACTORY_JOBS=many "$TOOL" --root "$root" image list
expect_in "a bad environment variable" "$out" "SLURM_FACTORY_JOBS" "many"
run 2 env -u HOME "$TOOL" image list
expect_in "no root and no home" "$out" "--root"
run 0 "$TOOL" --version
for command in "" build plan spec size recipe "recipe check" image "image list" "image build" "image remove" verify; do
    # shellcheck disable=SC2086 # words
    run 0 "$TOOL" $command --help
    expect_in "--help of '$command' has an example" "$out" "Example:" "slurm-factory $command"
done
unbuilt "wrong command lines"

# ---- Recipes
slurm_recipe '  - {spec: "greet tone=blue", type: [build, link]}'
run 3 build
expect_in "an unknown value of a variant" "$out" "'blue' is not a value of greet's variant 'tone'" "slurm" \
    "hint: its values: major, minor"
slurm_recipe '  - {spec: "greet +quiet", type: [build, link]}'
run 3 build
expect_in "an unknown variant" "$out" "greet has no variant 'quiet'" "slurm" "hint: its variants: loud, tone"
slurm_recipe '  - {spec: "greet@2:", type: [build, link]}'
run 10 build
expect_in "a version that there is not" "$out" "no version of greet meets all requirements" \
    "slurm wants greet@2:" "known versions: 1.0"
slurm_recipe '  - {spec: great, type: [build, link]}'
run 3 build
expect_in "a dependency without a recipe" "$out" "slurm needs 'great', which has no recipe"
run 3 factory recipe check "$recipes"
expect_in "recipe check finds it, too" "$out" "$recipes/slurm/recipe.yaml:12:5: " "there is no recipe 'great'" \
    "hint: did you mean 'greet'?"
slurm_recipe
sed -i 's/^variants:/varaints:/' "$recipes/greet/recipe.yaml"
for command in "build --slurm-version 1.0" "plan --slurm-version 1.0" "recipe check $recipes"; do
    # shellcheck disable=SC2086 # words
    run 3 factory $command
    expect_in "a malformed recipe: $command" "$out" "$recipes/greet/recipe.yaml:9:1: unknown key 'varaints'" \
        "hint: did you mean 'variants'?"
done
greet_recipe
sed -i 's/^license: .*/license: [/' "$recipes/greet/recipe.yaml"
run 3 build
expect_in "what is no YAML" "$out" "$recipes/greet/recipe.yaml:"
greet_recipe "patches:" "  - {file: missing.patch}"
run 3 build
expect_in "a patch that is not there" "$out" "$recipes/greet/recipe.yaml:" "missing.patch"
greet_recipe
run 3 factory --recipes "$work/nonexistent" plan
expect_in "a recipe directory that is not there" "$out" "$work/nonexistent"
run 0 factory recipe check "$recipes"
expect_in "good recipes" "$out" "3 recipes checked, 0 faults"
run 0 "$TOOL" --root "$root" recipe check
expect_in "the built-in recipes" "$out" " 0 faults"
unbuilt "wrong recipes"

# ---- Settings
echo 'netwerk: {retries: 1}' >"$root/config.yaml"
run 3 build
expect_in "an unknown setting" "$out" "$root/config.yaml:1:1: unknown key 'netwerk'" "hint: did you mean 'network'?"
echo 'limits: {jobs: many}' >"$root/config.yaml"
run 3 build
expect_in "a wrong value" "$out" "$root/config.yaml:1:16: " "many"
rm "$root/config.yaml"
unbuilt "wrong settings"

# ---- The host
mkdir "$work/bin"
hidden=()
for runtime in crun runc; do # from this script only
    if path=$(command -v $runtime); then
        mount --bind "$recipes/greet/recipe.yaml" "$path"
        hidden+=("$path")
    fi
done
run 6 build
expect_in "no OCI runtime" "$out" "the OCI runtime 'crun' is not installed" "hint: apt-get install crun"
expect_no_leftovers "no OCI runtime"
nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
umount "${hidden[@]}"
chmod 755 "$work"
cp "$TOOL" "$work/bin/slurm-factory" # where it was built may be out of reach
cp -r "$here/images" "$work/images"
as_nobody() {
    nobody env SLURM_FACTORY_DATA="$work/data" "$work/bin/slurm-factory" --images "$work/images" --image tiny \
        --recipes "$recipes" "$@"
}
mkdir -p "$work/data"/{recipes,images}
if nobody test -x "$work/bin/slurm-factory"; then
    run 8 as_nobody --root "$root" build --slurm-version 1.0
    expect_in "a root that must not be written" "$out" "error: " "$root" "hint: "
    run 8 as_nobody --root "$work/new" build --slurm-version 1.0
    expect_in "a root that cannot be made" "$out" "error: cannot make the directory $work/new: Permission denied" \
        "hint: "
    expect_true "it is not there" test ! -e "$work/new"
    new_root for-nobody own
    chown nobody "$root" "$root/images" "$root"/state.db*
    # Where ordinary users may make no user namespaces: in one that holds for this script only.
    mkfifo "$work/go"
    nobody() {
        unshare --user sh -c 'read -r _ <"$1" && shift && exec sh -c "
            echo 0 >/proc/sys/user/max_user_namespaces &&
                exec setpriv --reuid 65534 --regid 65534 --clear-groups \"\$@\"" sh "$@"' sh "$work/go" "$@" &
        local pid=$! map
        within 10 eval "[ \$(readlink /proc/$pid/ns/user) != $(readlink /proc/self/ns/user) ]"
        for map in uid_map gid_map; do
            echo "0 0 65536" >"/proc/$pid/$map"
        done
        echo go >"$work/go"
        wait "$pid"
    }
    run 6 as_nobody --root "$root" build --slurm-version 1.0
    expect_in "neither root nor user namespaces" "$out" "which this user may not make" "hint: run as root or with sudo" \
        "user.max_user_namespaces"
else
    echo "the test directory is out of reach for others: permissions are not tested"
fi
finish
