#include "engine/package/diagnosis.hpp"

#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace sf::engine {
namespace {

/// How sure a sign is: of several the first of the surest rank counts.
enum class Rank { certain, specific, vague };

/// One kind of failure and the lines that show it. `{}` in the cause is the word of the line; the first sign that a
/// line shows is its own.
struct Sign {
    Rank rank;
    std::string_view before; ///< what stands in the line before the word
    std::string_view after;  ///< and behind it; empty: the word ends at a blank or quote; "\n": with the line
    const char* cause;
    const char* hint;
    util::Reason reason = util::Reason::none;
};

// What GCC, GNU ld, mold, make, Autoconf, CMake, pkg-config, patch, tar, dash and glibc print, in the C locale.
constexpr const char* add_dependency = "the recipe lacks a dependency of type build or link, or a variant of one, that "
                                       "provides it; builds do not see packages of the host";
constexpr const char* add_tool = "add it to the recipe's dependencies (type build), or to the packages of the base "
                                 "image's recipe";
constexpr const char* other_directory = "the recipe's build: directory: says where make runs";
constexpr const char* other_version =
    "the patch is for another version, or needs an earlier patch of its series: give it a condition (when:), name the "
    "earlier one too, or renew it";
constexpr const char* flags_or_image =
    "flags of the recipe, of packages.yaml or of the target may be at fault, or the base image";

constexpr std::array signs = {
    Sign{Rank::certain, "No space left on device", "\n", "a disk was full",
         "the build ran out of disk or tmpfs space: free some, or set levers.tmpfs-stage: false in config.yaml"},
    Sign{Rank::certain, "Killed signal terminated program ", "",
         "the compiler ({}) was killed, probably for lack of memory", "", util::Reason::job_out_of_memory},
    Sign{Rank::certain, "virtual memory exhausted", "\n", "the compiler ran out of memory", "",
         util::Reason::job_out_of_memory},
    Sign{Rank::certain, "ld terminated with signal 9", "\n", "the linker was killed, probably for lack of memory", "",
         util::Reason::job_out_of_memory},
    // Printed by the script of the phase unpack, below what patch says; the rejected hunks follow.
    Sign{Rank::certain, "the patch ", " does not fit ", "the patch {} does not fit", other_version},
    Sign{Rank::specific, "fatal error: ", ": No such file or directory", "the header {} is missing", add_dependency},
    Sign{Rank::specific, "ld: cannot find -l", "", "the library {} is missing", add_dependency},
    Sign{Rank::specific, "library not found: ", "", "the library {} is missing", add_dependency},
    Sign{Rank::specific, "undefined reference to `", "'", "the function {} is in none of the libraries",
         "a library is missing on the linker's command line, or has another version than its header"},
    Sign{Rank::specific, "undefined symbol: ", "\n", "the function {} is in none of the libraries",
         "a library is missing on the linker's command line, or has another version than its header"},
    Sign{Rank::specific, "recompile with -fPIC", "\n", "a static library without -fPIC was linked into a shared one",
         "build the library with -fPIC, or link the shared one"},
    Sign{Rank::specific, "configure: error: C compiler cannot create executables", "\n",
         "configure finds that the C compiler does not work", flags_or_image, util::Reason::compiler_broken},
    Sign{Rank::specific, "configure: error: C++ compiler cannot create executables", "\n",
         "configure finds that the C++ compiler does not work", flags_or_image, util::Reason::compiler_broken},
    Sign{Rank::specific, "No package '", "' found", "pkg-config does not find {}", add_dependency},
    Sign{Rank::specific, "Could NOT find ", "", "CMake does not find {}", add_dependency},
    Sign{Rank::specific, "CMake Error: The source directory ", "", "CMake finds no project in {}",
         "the recipe's build: directory: names where the project is"},
    Sign{Rank::specific, ": ", ": not found", "the program {} is missing", add_tool},
    Sign{Rank::specific, ": ", ": command not found", "the program {} is missing", add_tool},
    Sign{Rank::specific, "make: *** ", ": No such file or directory", "make does not find {}", other_directory},
    Sign{Rank::specific, "]: *** ", ": No such file or directory", "make does not find {}", other_directory},
    Sign{Rank::specific, "make: ", ": No such file or directory", "the program {} is missing", add_tool},
    Sign{Rank::specific, "]: ", ": No such file or directory", "the program {} is missing", add_tool},
    Sign{Rank::specific, " hunks FAILED", "\n", "a patch does not fit the source", other_version},
    Sign{Rank::specific, " hunk FAILED", "\n", "a patch does not fit the source", other_version},
    Sign{Rank::specific, "can't find file to patch", "\n", "a patch changes files that the source does not have",
         other_version},
    Sign{Rank::specific, "tar: ", ": Not found in archive", "the archive has no {}",
         "the recipe's series: names files below debian/patches that the package does not have"},
    Sign{Rank::specific, "This does not look like a tar archive", "\n", "tar cannot read the archive",
         "the recipe's sha256 may be that of an error page or of a signature; look at the file in cache/sources"},
    Sign{Rank::specific, "No rule to make target '", "'", "make does not know how to make {}",
         "the recipe names a target that this version does not have, or a file is missing in its archive"},
    Sign{Rank::specific, "Could not resolve host", "\n", "the build tries to download something",
         "builds have no network: add the file to the recipe's sources, or switch the download off"},
    Sign{Rank::specific, "Temporary failure in name resolution", "\n", "the build tries to download something",
         "builds have no network: add the file to the recipe's sources, or switch the download off"},
    Sign{Rank::specific, "Illegal instruction", "\n", "a program was built for a newer processor than this one", "",
         util::Reason::program_too_new},
    Sign{Rank::specific, "version `GLIBC_", "' not found",
         "a program needs glibc {}, which the base image does not have",
         "it was built in a newer image; build everything in one"},
    Sign{Rank::vague, "configure: error: ", "\n", "configure says: {}", "its config.log, in the log's end, says more"},
    Sign{Rank::vague, "CMake Error at ", "\n", "CMake stopped at {}", ""},
    Sign{Rank::vague, ": error: ", "\n", "the compiler says: {}", ""},
};

std::string word_of(const Sign& sign, std::string_view line, std::size_t at)
{
    auto rest = line.substr(at + sign.before.size());
    if (sign.after == "\n")
        return std::string(util::trim(rest));
    if (!sign.after.empty()) {
        rest = rest.substr(0, rest.find(sign.after));
        const auto colon = rest.rfind(": "); // "run.sh: 14: bison: not found"
        return std::string(util::trim(colon == std::string_view::npos ? rest : rest.substr(colon + 1)));
    }
    return std::string(rest.substr(0, rest.find_first_of(" \t'\"`:,;()")));
}

bool shows(const Sign& sign, std::string_view line)
{
    const auto at = line.find(sign.before);
    if (at == std::string_view::npos)
        return false;
    return sign.after.empty() || sign.after == "\n" || line.find(sign.after, at + sign.before.size()) != line.npos;
}

/// The line that begins at an offset.
std::string_view line_at(std::string_view log, std::size_t start)
{
    return log.substr(start, log.substr(start).find('\n'));
}

/// The line that begins at an offset, and its neighbours.
std::string excerpt_of(std::string_view log, std::size_t start)
{
    constexpr int lines_before = 2;
    constexpr int lines_behind = 4;
    constexpr std::size_t most = 8192; // a line may have no end
    auto first = start;
    for (int line = 0; line < lines_before && first > 0; ++line) {
        const auto end = first < 2 ? std::string_view::npos : log.rfind('\n', first - 2);
        first = end == std::string_view::npos ? 0 : end + 1;
    }
    auto end = start;
    for (int line = 0; line <= lines_behind && end < log.size(); ++line)
        end += line_at(log, end).size() + 1;
    end = std::min(end > start ? end - 1 : end, log.size());
    return std::string(log.substr(first, std::min(end - first, most)));
}

} // namespace

std::optional<Diagnosis> diagnose(std::string_view log)
{
    const Sign* best = nullptr;
    std::size_t place = 0;
    std::size_t number = 0;
    std::size_t line_number = 0;
    for (std::size_t start = 0; start < log.size();) {
        const auto line = line_at(log, start);
        ++line_number;
        for (const auto& sign : signs)
            if ((best == nullptr || sign.rank < best->rank) && shows(sign, line)) {
                best = &sign;
                place = start;
                number = line_number;
            }
        start += line.size() + 1;
    }
    if (best == nullptr)
        return std::nullopt;
    constexpr std::size_t longest_word = 1024;
    const auto line = line_at(log, place);
    const auto word = word_of(*best, line, line.find(best->before)).substr(0, longest_word);
    return Diagnosis{fmt::format(fmt::runtime(best->cause), word),
                     best->hint,
                     number,
                     excerpt_of(log, place),
                     best == signs.data(),
                     best->reason};
}

} // namespace sf::engine
