#include "spec/target.hpp"

#include "util/files/fs.hpp"
#include "util/text.hpp"

#ifdef __x86_64__
#include <cpuid.h>
#endif
#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <vector>

namespace sf::spec {
namespace {

using util::ErrorCode;

constexpr std::string_view x86_64 = "x86_64";
constexpr unsigned highest_level = 4;

/// What each level adds to the one below it, as the kernel names it, beginning with the second.
const std::array<std::vector<std::string_view>, highest_level - 1>& level_features()
{
    static const std::array<std::vector<std::string_view>, highest_level - 1> features = {{
        {"cx16", "lahf_lm", "popcnt", "pni", "sse4_1", "sse4_2", "ssse3"},
        {"avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe", "xsave"},
        {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"},
    }};
    return features;
}

std::string level_name(unsigned level, char separator)
{
    return level == 1 ? std::string(x86_64) : fmt::format("{}{}v{}", x86_64, separator, level);
}

std::vector<std::string> known_names()
{
    std::vector<std::string> names;
    for (unsigned level = 1; level <= highest_level; ++level)
        names.push_back(level_name(level, '_'));
    names.insert(names.end(), {"generic", "native"});
    return names;
}

tl::unexpected<util::Error> unsupported(std::string_view what)
{
    return util::fail(ErrorCode::usage, fmt::format("{} is not supported yet", what),
                      fmt::format("builds are for {} processors", x86_64));
}

/// Families that Spack names and this program may come to know.
bool is_other_family(std::string_view text)
{
    constexpr std::array<std::string_view, 6> families = {"aarch64", "arm64", "armv", "neoverse", "ppc64", "riscv64"};
    return std::any_of(families.begin(), families.end(), [text](auto family) { return text.starts_with(family); });
}

} // namespace

util::Result<Processor> Processor::detect()
{
    struct utsname name = {};
    if (::uname(&name) != 0)
        return util::fail_errno(errno, "cannot ask for the machine's name");
    SF_TRY(const auto cpuinfo, util::read_file("/proc/cpuinfo"));
    auto processor = read(static_cast<const char*>(name.machine), cpuinfo);
#ifdef __x86_64__
    // Kernels of some virtual machines leave this one out, and the loader asks the processor.
    constexpr unsigned extended_features = 0x80000001;
    unsigned eax = 0;
    unsigned ebx = 0;
    unsigned ecx = 0;
    unsigned edx = 0;
    if (__get_cpuid(extended_features, &eax, &ebx, &ecx, &edx) != 0 && (ecx & bit_LZCNT) != 0)
        processor.flags.insert("abm");
#endif
    return processor;
}

Processor Processor::read(std::string machine, std::string_view cpuinfo)
{
    Processor processor{std::move(machine), {}};
    for (const auto& line : util::split(cpuinfo, '\n')) {
        const auto colon = line.find(':');
        if (colon == std::string::npos || util::trim(std::string_view(line).substr(0, colon)) != "flags")
            continue;
        for (auto& flag : util::split(std::string_view(line).substr(colon + 1), ' '))
            if (!flag.empty())
                processor.flags.insert(std::move(flag));
        break;
    }
    return processor;
}

Target Target::generic()
{
    return {Family::x86_64, 1};
}

util::Result<Target> Target::parse(std::string_view text)
{
    if (text == "generic")
        return generic();
    if (text == "native") {
        SF_TRY(const auto processor, Processor::detect());
        return native(processor);
    }
    for (unsigned level = 1; level <= highest_level; ++level)
        if (text == level_name(level, '_'))
            return Target(Family::x86_64, level);
    if (is_other_family(text))
        return unsupported(fmt::format("the target '{}'", text));
    const auto names = known_names();
    const auto near = util::nearest(text, names);
    return util::fail(ErrorCode::usage, fmt::format("there is no target '{}'", text),
                      near ? fmt::format("did you mean '{}'?", *near)
                           : fmt::format("targets: {}", util::join(names, ", ")));
}

util::Result<Target> Target::native(const Processor& processor)
{
    if (processor.machine != x86_64)
        return unsupported(fmt::format("this machine's processor, {},", processor.machine));
    unsigned level = 1;
    for (const auto& features : level_features()) {
        const auto has = [&processor](auto feature) { return processor.flags.contains(feature); };
        if (!std::all_of(features.begin(), features.end(), has))
            break;
        ++level;
    }
    return Target(Family::x86_64, level);
}

std::optional<Target> Target::of_isa_needed(std::uint32_t bits)
{
    unsigned level = 0;
    for (; bits != 0; bits >>= 1U)
        ++level;
    if (level > highest_level)
        return std::nullopt;
    return Target(Family::x86_64, std::max(level, 1U));
}

std::string Target::to_string() const
{
    return level_name(level_, '_');
}

std::map<std::string, std::string> Target::flags() const
{
    if (*this == generic())
        return {};
    const auto text = fmt::format("-march={} -mneeded", util::replace_all(level_name(level_, '-'), "_", "-"));
    return {{"CFLAGS", text}, {"CXXFLAGS", text}};
}

bool Target::includes(const Target& other) const
{
    return family_ == other.family_ && level_ >= other.level_;
}

util::Status Target::check_runs_on(const Processor& processor) const
{
    SF_TRY(const auto has, native(processor));
    if (has.includes(*this))
        return {};
    return tl::unexpected<util::Error>(
        {ErrorCode::usage,
         fmt::format("this machine cannot build for {}: its processor is {}, and builds run what they have compiled",
                     to_string(), has.to_string()),
         fmt::format("build on a machine that has {}", to_string()),
         {},
         util::Reason::processor_too_old,
         has.to_string()});
}

} // namespace sf::spec
