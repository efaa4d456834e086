# The caller says in $owner whether files keep their owners.
# shellcheck disable=SC2086,SC2154
set -e
from=$1 to=$2
shift 2
cd "$from"
tar --create --sparse --one-file-system --numeric-owner --file - "$@" . | tar --extract --file - --numeric-owner \
    --same-permissions $owner --directory "$to"
