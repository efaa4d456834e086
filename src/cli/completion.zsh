#compdef slurm-factory
# zsh completion for slurm-factory
_slurm-factory() {
    local command='' word previous=$words[CURRENT-1] files=no
    local -a words_of options
    integer i=2
    while ((i < CURRENT)); do
        word=$words[i]
        ((++i))
        case "$word" in
            @valued_options@) ((++i)); continue ;;
        esac
        case "$command:$word" in
#@command_branches@
        esac
    done
    if [[ $words[CURRENT] == --*=* ]]; then
        previous=${words[CURRENT]%%=*}
        compset -P '*='
    fi
    case "$command:$previous" in
#@value_branches@
    esac
    case "$command" in
#@words@
    esac
    if [[ $PREFIX == -* ]]; then
        _describe -o option options
    elif [[ $files == yes ]]; then
        _files
    else
        _describe command words_of
    fi
}
if [[ $funcstack[1] == _slurm-factory ]]; then
    _slurm-factory "$@"
else
    compdef _slurm-factory slurm-factory
fi
