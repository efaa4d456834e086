#include "cache/signature/openpgp_status.hpp"

#include "util/text.hpp"

namespace sf::cache {
namespace {

bool is_key(std::string_view word)
{
    return !word.empty() && word.find_first_not_of("0123456789ABCDEFabcdef") == std::string_view::npos;
}

} // namespace

Verdict read_status(std::string_view output)
{
    Verdict verdict;
    bool good = false; // the signature that the lines are about; an expired or revoked key's is not, though valid
    for (const auto& line : util::split(output, '\n')) {
        const auto words = util::split(line, ' ');
        constexpr std::size_t least_words = 3;
        if (words.front() != "[GNUPG:]" || words.size() < 2)
            continue;
        if (words[1] == "NEWSIG")
            good = false;
        if (words.size() < least_words || (words[1] != "GOODSIG" && !is_key(words.back())))
            continue;
        if (words[1] == "GOODSIG")
            good = true;
        else if (words[1] == "VALIDSIG" && good && !verdict.signer)
            verdict.signer = words.back(); // the fingerprint of the primary key ends the line
        else if (words[1] == "NO_PUBKEY" && !verdict.missing)
            verdict.missing = words.back();
    }
    return verdict;
}

} // namespace sf::cache
