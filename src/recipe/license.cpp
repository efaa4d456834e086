#include "recipe/license.hpp"

#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace sf::recipe {
namespace {

bool is_operator(std::string_view word)
{
    return word == "AND" || word == "OR" || word == "WITH";
}

bool is_identifier(std::string_view word)
{
    return !word.empty() && !is_operator(word) && std::all_of(word.begin(), word.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
               c == '+';
    });
}

std::vector<std::string> words_of(std::string_view expression)
{
    std::string spaced = util::replace_all(std::string(expression), "(", " ( ");
    spaced = util::replace_all(std::move(spaced), ")", " ) ");
    std::vector<std::string> words = util::split(spaced, ' ');
    words.erase(std::remove(words.begin(), words.end(), std::string()), words.end());
    return words;
}

} // namespace

std::optional<std::string> license_fault(std::string_view expression)
{
    int depth = 0;
    std::string previous; // the last word: an operator or "(" (or nothing) wants an operand next
    bool after_with = false;
    for (const std::string& word : words_of(expression)) {
        const bool wants_operand = previous.empty() || previous == "(" || is_operator(previous);
        const bool opens = word == "(";
        if (wants_operand != (opens || is_identifier(word)))
            return wants_operand ? fmt::format("a licence is expected instead of '{}'", word)
                                 : fmt::format("AND, OR, WITH or ')' is expected instead of '{}'", word);
        if (after_with && opens)
            return std::string("an exception's name must follow WITH");
        if (!wants_operand && !is_operator(word) && word != ")")
            return fmt::format("AND, OR or WITH is expected instead of '{}'", word);
        depth += opens ? 1 : (word == ")" ? -1 : 0);
        if (depth < 0)
            return std::string("a ')' has no '('");
        after_with = word == "WITH";
        previous = word;
    }
    if (previous.empty() || is_operator(previous))
        return std::string("it ends where a licence is expected");
    if (depth != 0)
        return std::string("a '(' has no ')'");
    return std::nullopt;
}

} // namespace sf::recipe
