#include "util/error.hpp"

#include <cerrno>
#include <system_error>

namespace sf::util {

tl::unexpected<Error> fail_errno(int error_number, std::string doing)
{
    auto text = fmt::format("{}: {}", doing, std::generic_category().message(error_number));
    switch (error_number) {
    case ENOSPC:
    case EDQUOT:
        return fail(ErrorCode::no_space, std::move(text), Reason::file_system_full);
    case EACCES:
    case EPERM:
    case EROFS:
        return fail(ErrorCode::permission, std::move(text), Reason::access_refused);
    default:
        return fail(ErrorCode::failure, std::move(text));
    }
}

std::string to_string(const Error& error)
{
    std::string text = error.message;
    for (const auto& doing : error.context)
        text += fmt::format("\n  while {}", doing);
    if (!error.hint.empty())
        text += fmt::format("\nhint: {}", error.hint);
    return text;
}

} // namespace sf::util
