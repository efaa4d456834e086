// A setting as its declaration in site/settings.hpp describes it, for all that follow from it.
#pragma once

#include "util/error.hpp"

#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sf::yaml {
class Value;
}

namespace sf::site {

struct Site;

/// The option of all commands that overrides a setting.
struct Option {
    const char* name;        ///< "--jobs"
    const char* letter = ""; ///< "-j"
    const char* value = "";  ///< what --help calls its value, "N"; of flags nothing
    const char* help;        ///< "{}" in it stands for the default
    unsigned least = 0;      ///< of numbers, when the option takes less than a file may say
    unsigned rank = std::numeric_limits<unsigned>::max(); ///< place in --help; those without one come last
};

/// The option or the environment variable that gives a value.
struct Giver {
    std::string name;               ///< "--jobs", "SLURM_FACTORY_JOBS"
    const Option* option = nullptr; ///< nullptr: a variable
};

/// The config.yaml that a value stands in.
struct ConfigFile {
    const std::filesystem::path& path;
    const std::optional<std::string>& home; ///< what "~/" stands for
};

/// How the values of a setting are written, read and shown.
class Kind {
public:
    enum class Form { flag, number, text, list };

    Kind() = default;
    Kind(const Kind&) = delete;
    Kind& operator=(const Kind&) = delete;
    virtual ~Kind() = default;

    /// As config.yaml would have it, without passwords; empty: nothing is set.
    [[nodiscard]] virtual std::string show(const Site& site) const = 0;
    [[nodiscard]] virtual util::Status read(Site& site, const yaml::Value& value, const ConfigFile& file) const = 0;
    /// `words` has one for each value, at least one.
    [[nodiscard]] virtual util::Status take(Site& site, const std::vector<std::string>& words,
                                            const Giver& giver) const = 0;

    Form form = Form::text; ///< what an option takes
    std::string type;       ///< "0-100"; Markdown
    bool is_code = false;   ///< Markdown writes the default as code
};

struct Setting {
    std::string key;       ///< "network.retries"
    const char* help = ""; ///< Markdown
    std::unique_ptr<const Kind> kind;
    const char* usual_path = ""; ///< of a path that is below the root unless set: "builds"
    const char* fallback = "";   ///< Markdown: what holds while nothing is set
    const char* variable = "";   ///< of the environment; empty: none
    std::optional<Option> command_option;

    // What site/settings.hpp adds to a declaration.
    Setting& below_root(const char* path);
    Setting& otherwise(const char* what);
    Setting& environment(const char* name);
    Setting& option(const Option& option);

    [[nodiscard]] std::string_view group() const; ///< "network"; of a key at the top nothing
    [[nodiscard]] std::string_view name() const;  ///< "retries"
    [[nodiscard]] std::string standard() const;   ///< the default, as Markdown
    [[nodiscard]] std::string option_help() const;
};

/// All settings, in the order of the reference. Those of a group stand together.
[[nodiscard]] const std::vector<Setting>& settings();

/// Those that have an option, in the order of --help.
[[nodiscard]] std::vector<const Setting*> settings_with_option();

/// The reference as a Markdown table.
[[nodiscard]] std::string reference();

} // namespace sf::site
