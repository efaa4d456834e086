# bash completion for slurm-factory
_slurm_factory() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command='' word i
    local words='' options='' files=no
    COMPREPLY=()
    # bash makes three words of --option=value
    if [[ $current == '=' ]]; then
        current=''
    elif [[ $previous == '=' ]]; then
        previous=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    for ((i = 1; i < COMP_CWORD; ++i)); do
        word=${COMP_WORDS[i]}
        case "$word" in
            @valued_options@) ((++i)); continue ;;
        esac
        case "$command:$word" in
#@command_branches@
        esac
    done
    case "$command:$previous" in
#@value_branches@
    esac
    case "$command" in
#@words@
    esac
    if [[ $current == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
    elif [[ $files == yes ]]; then
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
    else
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
    fi
}
complete -F _slurm_factory slurm-factory
