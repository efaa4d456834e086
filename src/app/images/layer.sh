# $1: the root file system, $2: the archive's name without ".gz", $3: the time; more: options of tar.
from=$1 to=$2 time=$3 && shift 3 &&
tar --create --file "$to" --directory "$from" --sort=name --format=gnu --numeric-owner --mtime=@"$time" "$@" . &&
gzip --no-name <"$to" >"$to.gz"
