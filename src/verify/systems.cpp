#include "verify/systems.hpp"

#include "relocate/elf.hpp"
#include "util/text.hpp"
#include "verify/policy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace sf::verify {
namespace {

/// Which of the two libraries called libcrypt a system has without further packages. libxcrypt's .so.2 has no DES:
/// https://fedoraproject.org/wiki/Changes/FullyRemoveDeprecatedAndUnsafeFunctionsFromLibcrypt
enum class Crypt { so_1, so_2 };

struct System {
    std::string_view family;
    std::string_view release;
    std::string_view glibc;
    std::string_view baseline; ///< what processors must have for the system itself
    Crypt crypt;
};

constexpr std::string_view rhel = "RHEL/Rocky/Alma";
constexpr std::string_view leap = "openSUSE Leap";
constexpr std::string_view amazon = "Amazon Linux";

/// Versions of glibc as the distributions' package indexes have them: packages.debian.org/libc6, packages.ubuntu.com
/// (libc6), the release notes of RHEL (access.redhat.com/articles/3078 has a table), src.fedoraproject.org/rpms/glibc,
/// the package lists of SLES and Leap, docs.aws.amazon.com/linux. What RHEL and SUSE demand of processors is in their
/// release notes; AlmaLinux 10 is built for x86_64_v2 too. Sid and what comes after the last line has at least that.
constexpr std::array systems{
    System{"Debian", "10", "2.28", "x86_64", Crypt::so_1},    System{"Debian", "11", "2.31", "x86_64", Crypt::so_1},
    System{"Debian", "12", "2.36", "x86_64", Crypt::so_1},    System{"Debian", "13", "2.41", "x86_64", Crypt::so_1},
    System{"Debian", "sid", "2.42", "x86_64", Crypt::so_1},   System{"Ubuntu", "20.04", "2.31", "x86_64", Crypt::so_1},
    System{"Ubuntu", "22.04", "2.35", "x86_64", Crypt::so_1}, System{"Ubuntu", "24.04", "2.39", "x86_64", Crypt::so_1},
    System{"Ubuntu", "24.10", "2.40", "x86_64", Crypt::so_1}, System{"Ubuntu", "25.04", "2.41", "x86_64", Crypt::so_1},
    System{"Ubuntu", "25.10", "2.42", "x86_64", Crypt::so_1}, System{rhel, "7", "2.17", "x86_64", Crypt::so_1},
    System{rhel, "8", "2.28", "x86_64", Crypt::so_1},         System{rhel, "9", "2.34", "x86_64_v2", Crypt::so_2},
    System{rhel, "10", "2.39", "x86_64_v2", Crypt::so_2},     System{"Fedora", "40", "2.39", "x86_64", Crypt::so_2},
    System{"Fedora", "41", "2.40", "x86_64", Crypt::so_2},    System{"Fedora", "42", "2.41", "x86_64", Crypt::so_2},
    System{"Fedora", "43", "2.42", "x86_64", Crypt::so_2},    System{"SLES", "15", "2.26", "x86_64", Crypt::so_1},
    System{"SLES", "15 SP1", "2.26", "x86_64", Crypt::so_1},  System{"SLES", "15 SP2", "2.26", "x86_64", Crypt::so_1},
    System{"SLES", "15 SP3", "2.31", "x86_64", Crypt::so_1},  System{"SLES", "15 SP4", "2.31", "x86_64", Crypt::so_1},
    System{"SLES", "15 SP5", "2.31", "x86_64", Crypt::so_1},  System{"SLES", "15 SP6", "2.38", "x86_64", Crypt::so_1},
    System{"SLES", "15 SP7", "2.38", "x86_64", Crypt::so_1},  System{"SLES", "16.0", "2.40", "x86_64_v2", Crypt::so_1},
    System{leap, "15.2", "2.26", "x86_64", Crypt::so_1},      System{leap, "15.3", "2.31", "x86_64", Crypt::so_1},
    System{leap, "15.4", "2.31", "x86_64", Crypt::so_1},      System{leap, "15.5", "2.31", "x86_64", Crypt::so_1},
    System{leap, "15.6", "2.38", "x86_64", Crypt::so_1},      System{leap, "16.0", "2.40", "x86_64_v2", Crypt::so_1},
    System{amazon, "2", "2.26", "x86_64", Crypt::so_1},       System{amazon, "2023", "2.34", "x86_64", Crypt::so_2},
};

constexpr std::string_view crypt_names(Crypt crypt)
{
    return crypt == Crypt::so_1 ? "libcrypt.so.1" : "libcrypt.so.2";
}

/// Why the system does not run it; empty when it does.
std::string obstacle(const System& system, const SystemNeeds& needs)
{
    if (relocate::is_older_version(system.glibc, needs.glibc))
        return fmt::format("glibc {}", system.glibc);
    const auto missing = crypt_names(system.crypt == Crypt::so_1 ? Crypt::so_2 : Crypt::so_1);
    if (std::find(needs.libraries.begin(), needs.libraries.end(), missing) != needs.libraries.end())
        return fmt::format("no {}", missing);
    return {};
}

bool suits_any_processor(const System& system, const SystemNeeds& needs)
{
    if (!needs.target)
        return true;
    const auto baseline = spec::Target::parse(system.baseline);
    return baseline && baseline->includes(*needs.target);
}

} // namespace

std::vector<SystemVerdict> judge_systems(const SystemNeeds& needs)
{
    std::vector<SystemVerdict> verdicts;
    if (needs.glibc.empty())
        return verdicts;
    for (const auto& system : systems) {
        auto reason = obstacle(system, needs);
        verdicts.push_back({std::string(system.family), std::string(system.release), std::string(system.glibc),
                            reason.empty(), suits_any_processor(system, needs), std::move(reason)});
    }
    return verdicts;
}

std::string list_systems(const std::vector<SystemVerdict>& verdicts, bool runs)
{
    std::string text;
    std::string family;
    for (auto at = verdicts.begin(); at != verdicts.end(); ++at) {
        if (at->runs != runs)
            continue;
        const bool new_family = std::exchange(family, at->family) != at->family;
        const auto end = std::find_if(at, verdicts.end(),
                                      [&family](const SystemVerdict& verdict) { return verdict.family != family; });
        const bool all_later = runs && at->release != "sid" &&
                               std::all_of(at, end, [](const SystemVerdict& verdict) { return verdict.runs; });
        // Releases in a row that fail for the same reason share its mention.
        const bool shared = at + 1 != end && !(at + 1)->runs && (at + 1)->reason == at->reason;
        text += fmt::format("{}{}{}{}{}", text.empty() ? "" : ", ", new_family ? at->family + " " : "", at->release,
                            all_later ? "+" : "", runs || shared ? "" : fmt::format(" ({})", at->reason));
        if (all_later)
            at = end - 1;
    }
    return text;
}

std::vector<std::string> libraries_in_doubt(const std::vector<std::string>& libraries)
{
    const auto known = Policy::default_system_libraries();
    std::vector<std::string> doubtful;
    for (const auto& library : libraries)
        if (library != crypt_names(Crypt::so_1) && library != crypt_names(Crypt::so_2) &&
            std::none_of(known.begin(), known.end(),
                         [&](const std::string& glob) { return util::glob_match(glob, library); }))
            doubtful.push_back(library);
    return doubtful;
}

} // namespace sf::verify
