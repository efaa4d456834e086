#include "verify/licenses.hpp"

#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <vector>

namespace sf::verify {
namespace {

/// Whether one of the globs that have "WITH", or of those that do not, is for the text.
bool matches(const std::vector<std::string>& globs, bool with, std::string_view text)
{
    return std::any_of(globs.begin(), globs.end(), [with, text](const std::string& glob) {
        return (glob.find(" WITH ") != std::string::npos) == with && util::glob_match(glob, text);
    });
}

/// Words and parentheses.
std::vector<std::string> tokens_of(std::string_view expression)
{
    auto spaced = util::replace_all(std::string(expression), "(", " ( ");
    auto tokens = util::split(util::replace_all(std::move(spaced), ")", " ) "), ' ');
    tokens.erase(std::remove(tokens.begin(), tokens.end(), std::string()), tokens.end());
    return tokens;
}

/// Recursive descent; WITH binds most, then AND, then OR. What is wrong is the result, empty for nothing.
class Judge {
public:
    Judge(std::vector<std::string> tokens, const Policy& policy) : tokens_(std::move(tokens)), policy_(policy) {}

    std::string judge()
    {
        auto problem = any_of_them();
        return malformed_ || at_ != tokens_.size() ? "is not an SPDX expression" : problem;
    }

private:
    bool take(std::string_view word)
    {
        const bool there = at_ < tokens_.size() && tokens_[at_] == word;
        at_ += there ? 1 : 0;
        return there;
    }
    std::string next()
    {
        if (at_ < tokens_.size())
            return tokens_[at_++];
        malformed_ = true;
        return {};
    }

    std::string any_of_them()
    {
        auto problem = all_of_them();
        while (take("OR"))
            if (const auto other = all_of_them(); other.empty())
                problem.clear();
        return problem;
    }
    std::string all_of_them()
    {
        auto problem = one();
        while (take("AND"))
            if (auto other = one(); problem.empty())
                problem = std::move(other);
        return problem;
    }
    std::string one()
    {
        constexpr unsigned deepest = 50;
        if (take("(")) {
            malformed_ = malformed_ || ++depth_ > deepest;
            auto problem = malformed_ ? std::string() : any_of_them();
            malformed_ = !take(")") || malformed_;
            --depth_;
            return problem;
        }
        const auto license = next();
        const auto whole = take("WITH") ? license + " WITH " + next() : license;
        return problem_with(license, whole);
    }
    /// An exception only adds permissions; a pattern for the licence with it overrides one for the licence alone.
    [[nodiscard]] std::string problem_with(const std::string& license, const std::string& whole) const
    {
        for (const bool with : {true, false}) {
            const auto& text = with ? whole : license;
            if (matches(policy_.denied_licenses, with, text))
                return fmt::format("{} is denied", whole);
            if (matches(policy_.allowed_licenses, with, text))
                return {};
        }
        return policy_.allowed_licenses.empty() ? "" : fmt::format("{} is not allowed", whole);
    }

    std::vector<std::string> tokens_;
    const Policy& policy_;
    std::size_t at_ = 0;
    unsigned depth_ = 0; ///< of parentheses; the text need not be trusted
    bool malformed_ = false;
};

} // namespace

std::string license_problem(std::string_view expression, const Policy& policy)
{
    return Judge(tokens_of(expression), policy).judge();
}

void check_licenses(const std::optional<manifest::Manifest>& manifest, const Policy& policy, VerifyReport& report)
{
    if (policy.allowed_licenses.empty() && policy.denied_licenses.empty())
        return;
    const auto add = [&report](std::string detail) {
        report.violations.push_back({Finding::Kind::license, manifest::place, std::move(detail)});
    };
    if (!manifest)
        return add("there is no manifest, so that no licence is known");
    for (const auto& package : manifest->packages) {
        if (package.license.empty())
            add(fmt::format("{}: no licence is stated", package.name));
        else if (const auto problem = license_problem(package.license, policy); !problem.empty())
            add(fmt::format("{}: \"{}\": {}", package.name, package.license, problem));
    }
}

} // namespace sf::verify
