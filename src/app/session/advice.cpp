#include "app/session/advice.hpp"

namespace sf::app {
namespace {

using util::Reason;

/// Adds to a hint that a lower module gave.
std::string completed(const util::Error& error)
{
    switch (error.reason) {
    case Reason::no_overlays:
        return error.hint + ": choose another --root";
    case Reason::cannot_make_images:
        return error.hint + "; or take the image from a binary cache (--cache URL)";
    case Reason::compiler_broken:
        return error.hint + ": 'slurm-factory image build NAME --anew' makes it again";
    case Reason::processor_too_old:
        return fmt::format("{}, or for --target {}", error.hint, error.about);
    default:
        return error.hint; // more specific than the reason
    }
}

std::string advice_for(Reason reason, const std::string& about)
{
    switch (reason) {
    case Reason::none:
    case Reason::checksum_mismatch:
    case Reason::unreachable:
    case Reason::enough_read:
    case Reason::no_overlays:
    case Reason::cannot_make_images:
    case Reason::compiler_broken:
    case Reason::processor_too_old:
        return {};
    case Reason::no_home:
        return "give --root DIRECTORY or set SLURM_FACTORY_ROOT";
    case Reason::file_system_full:
        return "free space on that file system, or choose another with --root";
    case Reason::place_full:
        return "free some space there, or choose another place with --root";
    case Reason::root_full:
        return "free some space on the file system of --root";
    case Reason::access_refused:
        return "run as root or with sudo, or choose another place with --root";
    case Reason::index_of_newer_tool:
        return "use the newer slurm-factory that made it, or another --root";
    case Reason::layer_changed:
        return "'slurm-factory cache verify --store' names the files, and with --remove removes the layer; the next "
               "build "
               "makes it again";
    case Reason::sources_missing_offline:
        return "fetch once without --offline, or put the files into a mirror directory (network.mirrors)";
    case Reason::no_archive:
        return "check that the version exists; --from URL or --from FILE names another place";
    case Reason::recipe_missing:
        return "remove it, or name the directory with that recipe in --recipes";
    case Reason::versions_unlike_a_list:
        return "write each entry of 'versions' on its own lines, or omit --in-place";
    case Reason::lock_damaged:
        return "make it again: slurm-factory spec ... --lock FILE";
    case Reason::lock_outdated:
        return "use the recipes it was made with, or make a new one: slurm-factory spec ... --lock FILE";
    case Reason::images_missing_offline:
        return "run once without --offline";
    case Reason::no_apt:
        return "take one from a binary cache (--cache URL --image NAME), or one from a registry: slurm-factory "
               "image "
               "import NAME oci://HOST/REPOSITORY:TAG, then --toolchain NAME";
    case Reason::image_below_floor:
        return "choose an older floor with --glibc, or another image; --glibc host builds for the image's own";
    case Reason::image_without_floors:
        return "its compiler must be GCC, with GNU ld, nm and ar; --glibc host builds without a floor";
    case Reason::memory_exhausted:
        return "end processes that use it, or build fewer packages at a time with --jobs";
    case Reason::job_out_of_memory:
        return "build with fewer parallel jobs (--jobs), or raise limits.memory in config.yaml";
    case Reason::program_too_new:
        return "a build runs what it builds: build for --target native or below on this machine";
    case Reason::symbol_above_floor:
        return fmt::format("build for newer systems only (--glibc {}), or patch the package so that it does without",
                           about);
    case Reason::host_silent:
        return "--timeout allows for more";
    case Reason::upgrade_forbidden:
        return "--installed ROLE=VERSION says what a role has elsewhere; --force goes on all the same "
               "(https://slurm.schedmd.com/upgrades.html)";
    }
    return {};
}

} // namespace

util::Error with_advice(util::Error error)
{
    error.hint = error.hint.empty() ? advice_for(error.reason, error.about) : completed(error);
    error.reason = Reason::none; // a second call must not add to the hint again
    return error;
}

} // namespace sf::app
