# fish completion for slurm-factory
function __slurm_factory_command
    set -l command ''
    set -l skip no
    for word in (commandline -opc)[2..]
        if test $skip = yes
            set skip no
            continue
        end
        if contains -- $word @valued_options@
            set skip yes
            continue
        end
        switch "$command:$word"
#@command_branches@
        end
    end
    echo $command
end
function __slurm_factory_at
    test (__slurm_factory_command) = "$argv"
end
complete -c slurm-factory -f
