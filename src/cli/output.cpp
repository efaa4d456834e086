#include "cli/output.hpp"

#include "app/session/advice.hpp"

#include <nlohmann/json.hpp>

#include <unistd.h>

#include <cstdio>

namespace sf::cli {

void write(const std::string& ready)
{
    fmt::print("{}", ready);
}

void print_document(const std::string& document)
{
    write(::isatty(STDOUT_FILENO) != 0 ? util::visible_lines(document, 0) : document);
}

std::string json_text(const nlohmann::ordered_json& json)
{
    return util::visible_json(json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace)) + "\n";
}

void print_json(const nlohmann::ordered_json& json)
{
    write(json_text(json));
}

std::string error_text(const util::Error& error)
{
    auto shown = app::with_advice(error);
    shown.message = util::visible_lines(error.message, detail::indent);
    for (auto& doing : shown.context)
        doing = util::visible_lines(doing, detail::indent);
    shown.hint = util::visible_lines(shown.hint, detail::indent);
    return util::to_string(shown);
}

void print_error(const util::Error& error)
{
    // Not fmt::print, which throws when nobody listens; the exit status says it too.
    std::fputs(fmt::format("error: {}\n", error_text(error)).c_str(), stderr);
}

} // namespace sf::cli
