apply() {
    name=$1 file=$2
    shift 2
    echo "patch $name"
    patch -d @directory@ "$@" --forward --no-backup-if-mismatch --reject-file=@directory@.rejects < "$file" && return
    echo "the patch $name does not fit @package@"
    test ! -e @directory@.rejects || cat @directory@.rejects
    exit 1
}
