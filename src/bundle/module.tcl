#%Module1.0
# @headline@

proc ModulesHelp {} {
    puts stderr @help@
}

@facts@

conflict @name@

set default_trees [list@default_trees@]
set series @series@
set manifest @manifest@
set tree_variable @tree_variable@

if {[llength [info commands pushenv]] == 0} {
    proc pushenv {name value} { setenv $name $value }
}
proc of_environment {name} {
    if {[info exists ::env($name)]} { return $::env($name) }
    return ""
}
# Where several versions take turns, as at a link that deploy moves, the manifest says which one is there.
proc holds_series {tree manifest series} {
    if {![file isdirectory $tree]} { return 0 }
    if {[catch {open "$tree/$manifest"} file]} { return 1 }
    set text [read $file]
    close $file
    return [expr {![regexp {"series"\s*:\s*"([^"]*)"} $text all found] || $found eq $series}]
}

set loading [module-info mode load]
set unloading [expr {[module-info mode unload] || [module-info mode remove]}]
set prefix ""
if {$unloading} {
    # What was loaded is taken back, whatever SLURM_INSTALL_PREFIX says by now.
    set prefix [of_environment $tree_variable]
}
if {$prefix eq ""} {
    set prefix [of_environment SLURM_INSTALL_PREFIX]
}
if {$prefix eq ""} {
    foreach tree $default_trees {
        if {[holds_series $tree $manifest $series]} {
            set prefix $tree
            break
        }
    }
}
if {$loading && $prefix eq ""} {
    puts stderr "Slurm $series is in none of [join $default_trees {, }]."
    puts stderr "Set SLURM_INSTALL_PREFIX to the directory \"software\" of the unpacked tarball and load the module again."
    break
}
if {$prefix eq ""} {
    set prefix [lindex $default_trees 0]
}
if {[string length $prefix] > 1} {
    set prefix [string trimright $prefix /]
}
if {$loading && ([string index $prefix 0] ne "/" || [string first : $prefix] >= 0)} {
    puts stderr "SLURM_INSTALL_PREFIX must be an absolute path without a colon, not \"$prefix\"."
    break
}
if {$loading && ![file isdirectory $prefix]} {
    puts stderr "Slurm's directory $prefix does not exist."
    puts stderr "Set SLURM_INSTALL_PREFIX to the directory \"software\" of the unpacked tarball and load the module again."
    break
}

@tree_variables@
@directories@

set manual @manual@
set manual_mark @manual_mark@
# Without MANPATH man has a search path of its own, which MANPATH would hide: an empty entry stands for it. A MANPATH
# that is there already says what it wants, and is taken back as it was.
set had_none [expr {[of_environment MANPATH] eq ""}]
if {$unloading} {
    set had_none [info exists ::env($manual_mark)]
}
prepend-path MANPATH $manual
if {$had_none} {
    append-path MANPATH ""
    setenv $manual_mark 1
}

@settings@

set completion @completion@
set completion_words @completion_words@
if {[module-info shell bash]} {
    set quoted '[string map {' '\\''} $completion]'
    if {$loading} {
        puts stdout "case \$- in *i*) if declare -F _completion_loader >/dev/null && \[ -r $quoted \]; then . $quoted 2>/dev/null; fi ;; esac;"
    } elseif {$unloading} {
        puts stdout "case \$- in *i*) complete -r $completion_words 2>/dev/null || : ;; esac;"
    }
}
