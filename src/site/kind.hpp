// The kinds of values that settings have. Each says how a value is written in config.yaml, in a variable and after an
// option, and how it is shown. Private to this module.
#pragma once

#include "site/setting.hpp"
#include "site/settings.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace sf::site {

/// Where in a Site a value is.
template <typename T> class Field {
public:
    Field(T Site::*member) :
        writable_([member](Site& site) -> T& { return site.*member; }),
        readable_([member](const Site& site) -> const T& { return site.*member; })
    {
    }
    template <typename Group>
    Field(Group Site::*group, T Group::*member) :
        writable_([group, member](Site& site) -> T& { return site.*group.*member; }),
        readable_([group, member](const Site& site) -> const T& { return site.*group.*member; })
    {
    }

    [[nodiscard]] T& of(Site& site) const { return writable_(site); }
    [[nodiscard]] const T& of(const Site& site) const { return readable_(site); }

private:
    std::function<T&(Site&)> writable_;
    std::function<const T&(const Site&)> readable_;
};

/// The numbers that a setting takes.
struct Range {
    unsigned min;
    unsigned max;
    const char* unit = "";
    const char* zero = ""; ///< what 0 means, where that is no number: "one job per core"
};

/// The addresses that a list of places takes, beside directories.
struct Places {
    const char* what; ///< what messages call one: "mirror"
    std::vector<std::string> schemes;
};

using Paths = std::vector<std::filesystem::path>;
using Words = std::vector<std::string>;

} // namespace sf::site

namespace sf::site::kind {

// `name` is the last part of the key, for kinds whose messages need it.

[[nodiscard]] Kind flag(const Field<bool>& field);
[[nodiscard]] Kind number(const Field<unsigned>& field, const Range& range);
[[nodiscard]] Kind seconds(const Field<std::chrono::seconds>& field);
[[nodiscard]] Kind size(const Field<std::uint64_t>& field, const std::string& name);
/// Any text.
[[nodiscard]] Kind text(const Field<std::string>& field);
/// One of `words`, or nothing.
[[nodiscard]] Kind choice(const Field<std::string>& field, const std::string& name, const Words& words);
/// One of two words; the field says whether it is the second.
[[nodiscard]] Kind word(const Field<bool>& field, const std::string& name, const char* first, const char* second);
[[nodiscard]] Kind path(const Field<std::filesystem::path>& field);
/// Directories; those of later layers come after the others.
[[nodiscard]] Kind paths(const Field<Paths>& field);
/// A directory, or a URL.
[[nodiscard]] Kind place(const Field<std::string>& field);
/// Directories and URLs; those of later layers come before the others.
[[nodiscard]] Kind places(const Field<Words>& field, const Places& places);
[[nodiscard]] Kind slurm_version(const Field<std::string>& field, const std::string& name);
[[nodiscard]] Kind variants(const Field<spec::VariantValues>& field, const std::string& name);
[[nodiscard]] Kind hardening(const Field<spec::HardeningLevel>& field);
[[nodiscard]] Kind floor(const Field<spec::Floor>& field);
/// A mapping whose keys begin with one of `prefixes`. Only files can have one.
[[nodiscard]] Kind variables(const Field<std::map<std::string, std::string>>& field, const Words& prefixes);
[[nodiscard]] Kind packages(const Field<preference::Preferences>& field);

} // namespace sf::site::kind
