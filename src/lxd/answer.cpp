#include "lxd/answer.hpp"

#include "json/json.hpp"

namespace sf::lxd {
namespace {

std::string text_of(const Json& object, const char* name)
{
    const auto at = object.find(name);
    return at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
}

int number_of(const Json& object, const char* name)
{
    const auto at = object.find(name);
    return at != object.end() && at->is_number_integer() ? at->get<int>() : 0;
}

} // namespace

util::Result<Answer> parse_answer(std::string_view text)
{
    auto json = json::read(text).value_or(Json());
    const auto type = json.is_object() ? text_of(json, "type") : std::string();
    Answer answer;
    if (type == "error") {
        constexpr int unknown = 500;
        answer.error_code = number_of(json, "error_code");
        if (answer.error_code == 0)
            answer.error_code = unknown;
        answer.error = text_of(json, "error");
        return answer;
    }
    if (type != "sync" && type != "async")
        return util::fail(util::ErrorCode::sandbox, "the answer is not one of LXD or Incus",
                          "the socket must be that of an LXD or Incus daemon");
    if (type == "async")
        answer.operation = text_of(json, "operation");
    if (const auto at = json.find("metadata"); at != json.end())
        answer.metadata = std::move(*at);
    return answer;
}

std::string operation_error(const Json& operation)
{
    constexpr int first_failure = 400;
    if (!operation.is_object())
        return "the daemon does not say how it ended";
    auto error = text_of(operation, "err");
    if (!error.empty())
        return error;
    return number_of(operation, "status_code") >= first_failure ? text_of(operation, "status") : std::string();
}

} // namespace sf::lxd
