#include "spec/spec.hpp"

#include "spec/characters.hpp"

#include <algorithm>
#include <set>

namespace sf::spec {
namespace {

constexpr std::string_view target_key = "target";

/// Recursive descent over one text; every function leaves `at_` behind what it took.
class Parser {
public:
    explicit Parser(std::string_view text) : text_(text) {}

    Parsed<Spec> parse()
    {
        skip_space();
        if (done())
            return fail("a spec is expected, such as slurm@24.11 +pmix");
        Spec root;
        if (is_name_start(peek()) && !next_word_is_key())
            root.name = take(is_name_character);
        if (auto fault = parse_elements(root))
            return tl::unexpected(std::move(*fault));
        while (!done()) {
            auto dependency = parse_dependency();
            if (!dependency)
                return tl::unexpected(std::move(dependency.error()));
            root.dependencies.push_back(std::move(*dependency));
        }
        return root;
    }

private:
    [[nodiscard]] bool done() const { return at_ == text_.size(); }
    [[nodiscard]] char peek() const { return done() ? '\0' : text_[at_]; }

    void skip_space()
    {
        while (!done() && is_space(text_[at_]))
            ++at_;
    }

    std::string take(bool (*belongs)(char))
    {
        const std::size_t start = at_;
        while (!done() && belongs(text_[at_]))
            ++at_;
        return std::string(text_.substr(start, at_ - start));
    }

    [[nodiscard]] bool next_word_is_key() const
    {
        std::size_t end = at_;
        while (end < text_.size() && is_name_character(text_[end]))
            ++end;
        return end < text_.size() && text_[end] == '=';
    }

    [[nodiscard]] tl::unexpected<Fault> fail(std::string what, std::string hint = {}) const
    {
        return fail_at(at_, std::move(what), std::move(hint));
    }
    [[nodiscard]] static tl::unexpected<Fault> fail_at(std::size_t offset, std::string what, std::string hint = {})
    {
        return tl::unexpected(Fault{offset, std::move(what), std::move(hint)});
    }

    Parsed<Spec> parse_dependency()
    {
        ++at_; // the ^ at which parse_elements() stopped
        skip_space();
        const std::size_t start = at_;
        if (!is_name_start(peek()) || next_word_is_key())
            return fail("a package name is expected after '^'");
        Spec dependency;
        dependency.name = take(is_name_character);
        if (!names_.insert(dependency.name).second)
            return fail_at(start, fmt::format("'^{}' is given twice", dependency.name), "merge the two constraints");
        if (auto fault = parse_elements(dependency))
            return tl::unexpected(std::move(*fault));
        return dependency;
    }

    /// All elements up to the next ^ or the end.
    std::optional<Fault> parse_elements(Spec& spec)
    {
        for (skip_space(); !done() && peek() != '^'; skip_space()) {
            if (auto fault = parse_element(spec))
                return fault;
        }
        return std::nullopt;
    }

    std::optional<Fault> parse_element(Spec& spec)
    {
        switch (peek()) {
        case '@':
            return parse_versions(spec);
        case '+':
            return parse_flag(spec, "true");
        case '~':
            return parse_flag(spec, "false");
        case '-':
            if (at_ == 0 || is_space(text_[at_ - 1]))
                return parse_flag(spec, "false");
            break;
        case '%':
            return Fault{at_, "compilers (%) are not chosen by spec",
                         "the compiler is that of the base image; leave the % part out"};
        default:
            if (is_name_start(peek()))
                return parse_word(spec);
        }
        return Fault{at_, "one of @version, +variant, ~variant, key=value or ^package is expected here", {}};
    }

    [[nodiscard]] std::string_view version_text() const
    {
        std::size_t end = at_;
        for (; end < text_.size(); ++end) {
            const char c = text_[end];
            // "@24.11+pmix" is a version and a variant, "@6.5+20250216" a version.
            if (c == '+' && !(end + 1 < text_.size() && util::is_digit(text_[end + 1])))
                break;
            if (is_space(c) || c == '^' || c == '~' || c == '@' || c == '%')
                break;
        }
        return text_.substr(at_, end - at_);
    }

    std::optional<Fault> parse_versions(Spec& spec)
    {
        if (spec.versions)
            return Fault{at_, "versions are given twice", "join them: @1.2,1.4"};
        ++at_;
        const std::string_view text = version_text();
        auto versions = VersionRange::read(text);
        if (!versions) {
            versions.error().offset += at_;
            return std::move(versions.error());
        }
        spec.versions = std::move(*versions);
        at_ += text.size();
        return std::nullopt;
    }

    std::optional<Fault> parse_flag(Spec& spec, std::string value)
    {
        const std::size_t start = at_;
        const char sign = text_[at_++];
        if (!is_name_start(peek()))
            return Fault{at_, fmt::format("a variant's name is expected after '{}'", sign), {}};
        return set(spec, start, take(is_name_character), std::move(value));
    }

    std::optional<Fault> parse_word(Spec& spec)
    {
        const std::size_t start = at_;
        const std::string key = take(is_name_character);
        if (peek() != '=')
            return Fault{start, fmt::format("'{}' is not a constraint", key),
                         "a package's name comes first; write +variant, key=value, or ^package for a dependency"};
        ++at_;
        const std::size_t value_start = at_;
        std::string value = take(is_value_character);
        if (value.empty())
            return Fault{value_start, fmt::format("a value is expected after '{}='", key), {}};
        if (!done() && !is_space(peek()) && peek() != '^')
            return Fault{at_, fmt::format("this is not allowed in the value of '{}'", key),
                         "put a space between a value and what follows"};
        if (value == "True" || value == "False")
            value.front() = value == "True" ? 't' : 'f';
        return set(spec, start, key, std::move(value));
    }

    static std::optional<Fault> set(Spec& spec, std::size_t start, const std::string& key, std::string value)
    {
        if (key == target_key) {
            if (!spec.target.empty())
                return Fault{start, "target is given twice", {}};
            if (value == "true" || value == "false")
                return Fault{start, "target takes a value", "write target=x86_64_v3"};
            spec.target = std::move(value);
            return std::nullopt;
        }
        if (!spec.variants.emplace(key, std::move(value)).second)
            return Fault{start, fmt::format("variant '{}' is given twice", key), {}};
        return std::nullopt;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::set<std::string> names_; ///< of the dependencies seen
};

bool is_flag(std::string_view value)
{
    return value == "true" || value == "false";
}

/// The constraints of one package, without its dependencies.
std::string own_text(const Spec& spec)
{
    std::string text = spec.name;
    if (spec.versions)
        text += "@" + spec.versions->to_string();
    const auto append = [&text](const std::string& element) { text += (text.empty() ? "" : " ") + element; };
    for (const auto& [key, value] : spec.variants) {
        if (is_flag(value))
            append((value == "true" ? "+" : "~") + key);
    }
    for (const auto& [key, value] : spec.variants) {
        if (!is_flag(value))
            append(fmt::format("{}={}", key, value));
    }
    if (!spec.target.empty())
        append(fmt::format("{}={}", target_key, spec.target));
    return text;
}

} // namespace

util::Result<Spec> Spec::parse(std::string_view text)
{
    auto spec = read(text);
    if (!spec)
        return spec.error().to_error("spec", text);
    return std::move(*spec);
}

Parsed<Spec> Spec::read(std::string_view text)
{
    return Parser(text).parse();
}

std::string Spec::to_string() const
{
    std::string text = own_text(*this);
    for (const Spec& dependency : dependencies)
        text += (text.empty() ? "^" : " ^") + own_text(dependency);
    return text;
}

bool Spec::satisfied_by(std::string_view package, const Version& version, const VariantValues& values) const
{
    if (!name.empty() && name != package)
        return false;
    if (versions && !versions->contains(version))
        return false;
    return std::all_of(variants.begin(), variants.end(), [&](const auto& wanted) {
        const auto found = values.find(wanted.first);
        return found != values.end() && found->second == wanted.second;
    });
}

bool is_variant_value(std::string_view text)
{
    return !text.empty() && std::all_of(text.begin(), text.end(), is_value_character);
}

bool is_name(std::string_view text)
{
    return !text.empty() && is_name_start(text.front()) && std::all_of(text.begin(), text.end(), is_name_character);
}

} // namespace sf::spec
