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
#include <memory>
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
using Variables = std::map<std::string, std::string>;

} // namespace sf::site

namespace sf::site::kind {

using Made = std::unique_ptr<const Kind>;

// `name` is the last part of the key, for kinds whose messages need it.

[[nodiscard]] Made flag(const Field<bool>& field);
[[nodiscard]] Made number(const Field<unsigned>& field, const Range& range);
[[nodiscard]] Made seconds(const Field<std::chrono::seconds>& field);
[[nodiscard]] Made size(const Field<std::uint64_t>& field, const std::string& name);
/// Any text.
[[nodiscard]] Made text(const Field<std::string>& field);
/// One of `words`, or nothing.
[[nodiscard]] Made choice(const Field<std::string>& field, const std::string& name, const Words& words);
/// One of two words; the field says whether it is the second.
[[nodiscard]] Made word(const Field<bool>& field, const std::string& name, const char* first, const char* second);
[[nodiscard]] Made path(const Field<std::filesystem::path>& field);
/// Directories; those of later layers come after the others.
[[nodiscard]] Made paths(const Field<Paths>& field);
/// A directory, or a URL.
[[nodiscard]] Made place(const Field<std::string>& field);
/// Directories and URLs; those of later layers come before the others.
[[nodiscard]] Made places(const Field<Words>& field, const Places& places);
[[nodiscard]] Made slurm_version(const Field<std::string>& field, const std::string& name);
[[nodiscard]] Made variants(const Field<spec::VariantValues>& field, const std::string& name);
[[nodiscard]] Made hardening(const Field<spec::HardeningLevel>& field);
[[nodiscard]] Made floor(const Field<spec::Floor>& field);
/// A mapping whose keys begin with one of `prefixes`. Only files can have one.
[[nodiscard]] Made variables(const Field<Variables>& field, const Words& prefixes);
[[nodiscard]] Made packages(const Field<preference::Preferences>& field);

} // namespace sf::site::kind
