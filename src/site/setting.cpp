#include "site/setting.hpp"

#include "site/kind.hpp"
#include "site/settings.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <type_traits>
#include <utility>

namespace sf::site {
namespace {

using Text = const char*;
using String = std::string;
using Path = std::filesystem::path;

/// What declare() of a group adds to; `Group` is Site for the keys at the top.
template <typename Group> class Adder {
public:
    explicit Adder(std::vector<Setting>& all) : all_(all) {}
    Adder(std::vector<Setting>& all, std::string prefix, Group Site::*group) :
        all_(all), prefix_(std::move(prefix)), group_(group)
    {
    }

    template <typename Inner> void group(const std::string& name, Inner Site::*member)
    {
        Adder<Inner> inner(all_, name + ".", member);
        Inner::declare(inner);
    }

    Setting& flag(Text name, bool Group::*at, Text help) { return add(name, help, kind::flag(field(at))); }
    Setting& number(Text name, unsigned Group::*at, const Range& range, Text help)
    {
        return add(name, help, kind::number(field(at), range));
    }
    Setting& seconds(Text name, std::chrono::seconds Group::*at, Text help)
    {
        return add(name, help, kind::seconds(field(at)));
    }
    Setting& size(Text name, std::uint64_t Group::*at, Text help)
    {
        return add(name, help, kind::size(field(at), name));
    }
    Setting& text(Text name, String Group::*at, Text help) { return add(name, help, kind::text(field(at))); }
    Setting& choice(Text name, String Group::*at, const Words& words, Text help)
    {
        return add(name, help, kind::choice(field(at), name, words));
    }
    Setting& word(Text name, bool Group::*at, Text first, Text second, Text help)
    {
        return add(name, help, kind::word(field(at), name, first, second));
    }
    Setting& path(Text name, Path Group::*at, Text help) { return add(name, help, kind::path(field(at))); }
    Setting& paths(Text name, Paths Group::*at, Text help) { return add(name, help, kind::paths(field(at))); }
    Setting& place(Text name, String Group::*at, Text help) { return add(name, help, kind::place(field(at))); }
    Setting& places(Text name, Words Group::*at, const Places& places, Text help)
    {
        return add(name, help, kind::places(field(at), places));
    }
    Setting& slurm_version(Text name, String Group::*at, Text help)
    {
        return add(name, help, kind::slurm_version(field(at), name));
    }
    Setting& variants(Text name, spec::VariantValues Group::*at, Text help)
    {
        return add(name, help, kind::variants(field(at), name));
    }
    Setting& hardening(Text name, spec::HardeningLevel Group::*at, Text help)
    {
        return add(name, help, kind::hardening(field(at)));
    }
    Setting& floor(Text name, spec::Floor Group::*at, Text help) { return add(name, help, kind::floor(field(at))); }
    /// Has neither variable nor option.
    void variables(Text name, Variables Group::*at, const Words& prefixes, Text help)
    {
        add(name, help, kind::variables(field(at), prefixes));
    }
    Setting& packages(Text name, preference::Preferences Group::*at, Text help)
    {
        return add(name, help, kind::packages(field(at)));
    }

private:
    template <typename T> [[nodiscard]] Field<T> field(T Group::*at) const
    {
        if constexpr (std::is_same_v<Group, Site>)
            return Field<T>(at);
        else
            return Field<T>(group_, at);
    }
    Setting& add(Text name, Text help, kind::Made kind)
    {
        auto& setting = all_.emplace_back();
        setting.key = prefix_ + name;
        setting.help = help;
        setting.kind = std::move(kind);
        return setting;
    }

    std::vector<Setting>& all_;
    std::string prefix_;
    Group Site::*group_ = nullptr;
};

/// What holds while nothing is set, as config.yaml would have it.
std::string default_of(const Setting& setting)
{
    static const Site untouched;
    return *setting.usual_path == '\0' ? setting.kind->show(untouched) : fmt::format("ROOT/{}", setting.usual_path);
}

} // namespace

Setting& Setting::below_root(const char* path)
{
    usual_path = path;
    return *this;
}

Setting& Setting::otherwise(const char* what)
{
    fallback = what;
    return *this;
}

Setting& Setting::environment(const char* name)
{
    variable = name;
    return *this;
}

Setting& Setting::option(const Option& option)
{
    command_option = option;
    return *this;
}

std::string_view Setting::group() const
{
    const auto dot = key.find('.');
    return dot == std::string::npos ? std::string_view() : std::string_view(key).substr(0, dot);
}

std::string_view Setting::name() const
{
    return std::string_view(key).substr(key.find('.') + 1);
}

std::string Setting::standard() const
{
    const auto text = default_of(*this);
    if (text.empty())
        return fallback;
    return kind->is_code || *usual_path != '\0' ? "`" + text + "`" : text;
}

std::string Setting::option_help() const
{
    const std::string text = command_option->help;
    return text.find("{}") == std::string::npos ? text : util::replace_all(text, "{}", default_of(*this));
}

const std::vector<Setting>& settings()
{
    static const std::vector<Setting> all = [] {
        std::vector<Setting> settings;
        settings.reserve(64); // NOLINT: moving them costs more than making them
        Adder<Site> top(settings);
        Site::declare(top);
        return settings;
    }();
    return all;
}

std::vector<const Setting*> settings_with_option()
{
    std::vector<const Setting*> found;
    for (const auto& setting : settings())
        if (setting.command_option)
            found.push_back(&setting);
    std::stable_sort(found.begin(), found.end(), [](const Setting* one, const Setting* other) {
        return one->command_option->rank < other->command_option->rank;
    });
    return found;
}

std::string reference()
{
    std::string text = "| key | type | default | environment | meaning |\n|---|---|---|---|---|\n";
    for (const auto& setting : settings()) {
        const auto cell = [](const std::string& content) { return content.empty() ? " |" : " " + content + " |"; };
        const std::string variable = setting.variable;
        text += fmt::format("|{}{}{}{}{}\n", cell(fmt::format("`{}`", setting.key)), cell(setting.kind->type),
                            cell(setting.standard()), cell(variable.empty() ? variable : fmt::format("`{}`", variable)),
                            cell(setting.help));
    }
    return text;
}

} // namespace sf::site
