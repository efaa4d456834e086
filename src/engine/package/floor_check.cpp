#include "engine/package/floor_check.hpp"

#include "relocate/code.hpp"
#include "relocate/elf.hpp"
#include "util/files/foreign_file.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <set>

namespace sf::engine {
namespace {

constexpr std::string_view glibc_prefix = "GLIBC_";

/// A symbol above the floor.
struct Offence {
    std::string symbol;
    std::string version; ///< "2.34"
};

/// The lowest floor that has the symbols of glibc `version`; "host" if there is none.
std::string floor_for(const std::string& version)
{
    std::string_view higher = "host";
    for (const auto floor : spec::known_floors)
        if (floor != "host" && higher == "host" && !relocate::is_older_version(floor, version))
            higher = floor;
    return std::string(higher);
}

/// What the linker bound to a newer version than the floor's, which no library of the floor offers: it found another.
util::Result<std::optional<Offence>> bound_above(const std::filesystem::path& file, const spec::Floor& floor)
{
    SF_TRY(const auto symbols, relocate::read_bound_symbols(file));
    for (const auto& [name, version] : symbols)
        if (version.starts_with(glibc_prefix) &&
            relocate::is_older_version(floor.to_string(), version.substr(glibc_prefix.size())))
            return Offence{name, version.substr(glibc_prefix.size())};
    return std::optional<Offence>();
}

/// What a library leaves to others, and only a newer glibc has. `own`: what files of the package define.
std::optional<Offence> left_to_newer(const relocate::Symbols& symbols, const std::set<std::string>& own,
                                     const NewerSymbols& newer)
{
    for (const auto& name : symbols.wanted)
        if (const auto found = newer.find(name); found != newer.end() && !own.contains(name))
            return Offence{name, found->second};
    return std::nullopt;
}

/// The symbol that a line of GNU ld or mold says is missing, and where the line says it is used.
struct Missing {
    std::string_view symbol;
    std::string_view user;
};

Missing missing_in(std::string_view line)
{
    for (const std::string_view mark : {"undefined reference to `", "undefined symbol: "}) {
        const auto at = line.find(mark);
        if (at == std::string_view::npos)
            continue;
        const auto rest = line.substr(at + mark.size());
        auto user = line.substr(0, at);
        user = user.substr(0, user.find(":("));
        if (const auto space = user.rfind(' '); space != std::string_view::npos)
            user.remove_prefix(space + 1);
        return {rest.substr(0, rest.find_first_of("'@ \t\r\n")), user};
    }
    return {};
}

} // namespace

util::Result<NewerSymbols> read_newer_symbols(const std::filesystem::path& kit)
{
    constexpr std::uint64_t most = std::uint64_t{1} << 20U;
    SF_TRY(const auto text, util::read_foreign_file(kit / "newer", most));
    NewerSymbols newer;
    for (const auto& line : util::split(text, '\n'))
        if (const auto space = line.find(' '); space != std::string::npos)
            newer[line.substr(0, space)] = line.substr(space + 1);
    return newer;
}

util::Status check_floor(const plan::Step& step, const spec::Floor& floor, const NewerSymbols& newer,
                         const std::filesystem::path& upper, const std::vector<std::string>& elf_files)
{
    std::vector<relocate::Symbols> symbols;
    std::set<std::string> own;
    for (const auto& file : elf_files) {
        SF_TRY(auto code, relocate::read_code(upper / file));
        for (const auto& name : code.symbols.defined)
            if (newer.contains(name))
                own.insert(name);
        symbols.push_back(std::move(code.symbols));
    }
    for (std::size_t place = 0; place < elf_files.size(); ++place) {
        const auto& file = elf_files[place];
        SF_TRY(auto offence, bound_above(upper / file, floor));
        if (!offence)
            offence = left_to_newer(symbols[place], own, newer);
        if (offence)
            return util::fail(util::ErrorCode::build,
                              fmt::format("{}: {} needs {}, which glibc {} brought, and the floor is {}", step.id(),
                                          file, offence->symbol, offence->version, floor.to_string()),
                              util::Reason::symbol_above_floor, floor_for(offence->version));
    }
    return {};
}

util::Error explain_floor(const spec::Floor& floor, const NewerSymbols& newer, std::string_view log, util::Error error)
{
    for (std::size_t start = 0; start < log.size();) {
        const auto line = log.substr(start, log.substr(start).find('\n'));
        start += line.size() + 1;
        const auto missing = missing_in(line);
        const auto found = newer.find(missing.symbol);
        if (missing.symbol.empty() || found == newer.end())
            continue;
        // mold names the file that needs it in the next line.
        constexpr std::string_view referenced = ">>> referenced by ";
        auto user = missing.user;
        const auto next = start < log.size() ? log.substr(start, log.substr(start).find('\n')) : std::string_view();
        if (next.starts_with(referenced))
            user = next.substr(referenced.size());
        error.message = fmt::format("{} needs {}, which glibc {} brought, and the floor is {}\n{}",
                                    user.empty() ? "a program" : user, missing.symbol, found->second, floor.to_string(),
                                    error.message);
        error.hint.clear();
        error.reason = util::Reason::symbol_above_floor;
        error.about = floor_for(found->second);
        return error;
    }
    return error;
}

} // namespace sf::engine
