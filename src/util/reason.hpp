// Reasons of errors, for code that decides by them.
#pragma once

namespace sf::util {

/// An error has a reason, beside its code, where code decides by it or where an option of the program helps. Modules
/// below `app` do not know the names of options; app/session/advice.cpp makes the hint from the reason.
enum class Reason {
    none,

    // Code decides by these.
    checksum_mismatch, ///< a file has another checksum than expected
    unreachable,       ///< no connection to the server
    enough_read,       ///< the reader needs no more of the answer

    // The root and its file systems.
    no_home,             ///< neither --root nor HOME is set
    file_system_full,    ///< the message may not name the file system
    place_full,          ///< the message names the place
    root_full,           ///< the file system of the root is full
    access_refused,      ///< by the operating system
    no_overlays,         ///< the file system does not support overlays
    index_of_newer_tool, ///< this tool does not know the index's format
    layer_changed,       ///< a layer's files differ from its digest

    // Sources and recipes.
    sources_missing_offline, ///< offline, and sources are missing
    no_archive,              ///< no place has the archive of a new version
    recipe_missing,          ///< versions are added to a package without recipe
    versions_unlike_a_list,  ///< the recipe's list of versions has no place for another
    lock_damaged,            ///< a lock file cannot be read
    lock_outdated,           ///< a lock file does not fit the recipes

    // Base images.
    images_missing_offline, ///< offline, and the image must be downloaded
    cannot_make_images,     ///< this user cannot make images
    no_apt,                 ///< this host has no apt, so it cannot make images
    image_below_floor,      ///< the image's glibc is older than the floor
    image_without_floors,   ///< the image's compiler cannot build for a floor

    // Builds.
    memory_exhausted,   ///< this program is out of memory
    job_out_of_memory,  ///< a build is out of memory
    compiler_broken,    ///< the compiler makes no programs
    processor_too_old,  ///< for the target; `about`: the newest target that runs here
    program_too_new,    ///< a program that was built does not run here
    symbol_above_floor, ///< `about`: the lowest floor that has the symbol

    // Clusters.
    host_silent,       ///< a host did not answer in time
    upgrade_forbidden, ///< Slurm's rules forbid the upgrade
};

} // namespace sf::util
