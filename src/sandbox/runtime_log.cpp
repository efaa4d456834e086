#include "sandbox/runtime_log.hpp"

#include "sandbox/preparation.hpp"
#include "util/text.hpp"
#include "json/json.hpp"

#include <algorithm>
#include <array>

namespace sf::sandbox {

std::vector<std::string> runtime_errors(std::string_view log)
{
    std::vector<std::string> errors;
    for (const auto& line : util::split(log, '\n')) {
        if (util::trim(line).empty())
            continue;
        const auto entry = json::read(line).value_or(nlohmann::json());
        if (!entry.is_object()) {
            errors.emplace_back(util::trim(line));
            continue;
        }
        auto field = [&entry](const char* name) {
            const auto at = entry.find(name);
            return at != entry.end() && at->is_string() ? at->get<std::string>() : std::string();
        };
        if (field("level") == "error" || field("level") == "fatal")
            errors.push_back(field("msg"));
    }
    return errors;
}

util::Error start_failure(const Job& job, const std::string& runtime, const std::vector<std::string>& errors)
{
    const auto text = util::join(errors, "; ");
    constexpr std::array missing = {"executable file", "exec format error", "exec: \"", "open executable"};
    const bool about_program =
        std::any_of(missing.begin(), missing.end(), [&text](const char* part) { return text.find(part) != text.npos; });
    if (about_program)
        return no_program(job, text);
    return {util::ErrorCode::sandbox,
            fmt::format("job '{}': {} could not start it: {}", job.name, runtime, text),
            "docs/sandbox.md says what the sandbox needs from the host",
            {}};
}

} // namespace sf::sandbox
