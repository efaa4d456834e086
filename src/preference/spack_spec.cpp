#include "preference/spack_spec.hpp"

#include "spec/spec.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace sf::preference {
namespace {

// Names that stood behind % before any other package could (Spack 1.0), and those of the packages they became.
constexpr std::array<std::string_view, 22> compilers = {"acfl",
                                                        "aocc",
                                                        "apple-clang",
                                                        "arm",
                                                        "cce",
                                                        "clang",
                                                        "dpcpp",
                                                        "fj",
                                                        "gcc",
                                                        "intel",
                                                        "intel-oneapi-compilers",
                                                        "intel-oneapi-compilers-classic",
                                                        "llvm",
                                                        "llvm-amdgpu",
                                                        "msvc",
                                                        "nag",
                                                        "nvhpc",
                                                        "oneapi",
                                                        "pgi",
                                                        "rocmcc",
                                                        "xl",
                                                        "xl_r"};

// Keys that are not variants but Spack's own.
constexpr std::array<std::string_view, 14> own_keys = {
    "arch",     "architecture", "os",      "operating_system", "platform",     "cflags",   "cxxflags",
    "cppflags", "fflags",       "ldflags", "ldlibs",           "build_system", "dev_path", "namespace"};

template <std::size_t count> bool contains(const std::array<std::string_view, count>& names, std::string_view name)
{
    return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_word_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
}

bool is_assignment_character(char c)
{
    return is_word_character(c) || c == ',' || c == '=';
}

bool is_version_character(char c)
{
    return is_assignment_character(c) || c == ':';
}

bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool is_bare_value_character(char c)
{
    return !is_space(c) && c != '^' && c != '%';
}

bool is_dependency_character(char c)
{
    return c != '^' && c != '%';
}

/// Goes over the text once; every function leaves `at_` behind what it took.
class Reducer {
public:
    explicit Reducer(std::string_view text) : text_(text), reduced_{std::string(text), {}} {}

    ReducedSpec reduce()
    {
        while (!done()) {
            switch (peek()) {
            case '^':
                take_dependency();
                break;
            case '%':
                drop_direct_dependency();
                break;
            case '/':
                drop(at_, skip(at_ + 1, is_word_character));
                break;
            case '@':
                at_ = skip(at_ + 1, is_version_character);
                break;
            case '+':
            case '~':
            case '-':
                take_flag();
                break;
            default:
                if (is_word_character(peek()))
                    take_word();
                else
                    ++at_;
            }
        }
        return std::move(reduced_);
    }

private:
    [[nodiscard]] bool done() const { return at_ == text_.size(); }
    [[nodiscard]] char peek() const { return peek_at(at_); }
    [[nodiscard]] char peek_at(std::size_t place) const { return place < text_.size() ? text_[place] : '\0'; }

    [[nodiscard]] std::size_t skip(std::size_t from, bool (*belongs)(char)) const
    {
        while (from < text_.size() && belongs(text_[from]))
            ++from;
        return from;
    }

    void blank(std::size_t from, std::size_t end)
    {
        std::fill(reduced_.text.begin() + static_cast<std::ptrdiff_t>(from),
                  reduced_.text.begin() + static_cast<std::ptrdiff_t>(end), ' ');
    }

    /// Takes [from, end) out and goes on behind it.
    void drop(std::size_t from, std::size_t end)
    {
        reduced_.dropped.emplace_back(util::trim(text_.substr(from, end - from)));
        blank(from, end);
        at_ = end;
    }

    /// Behind the "[virtuals=...]" at `from`, if there is one.
    [[nodiscard]] std::size_t skip_edge(std::size_t from) const
    {
        if (peek_at(from) != '[')
            return from;
        const std::size_t end = text_.find(']', from);
        return end == std::string_view::npos ? text_.size() : end + 1;
    }

    void take_dependency()
    {
        const std::size_t edge = at_ + 1;
        at_ = skip(skip_edge(edge), is_space);
        const std::size_t word = skip(at_, is_assignment_character);
        const std::size_t equals = text_.substr(at_, word - at_).find('=');
        if (equals != std::string_view::npos) // ^mpi=openmpi: the provider is what is depended on
            at_ += equals + 1;
        blank(edge, at_);
    }

    void drop_direct_dependency()
    {
        const std::size_t start = at_;
        std::size_t edge = start + 1;
        if (peek_at(edge) == '%')
            ++edge;
        const std::size_t behind_edge = skip_edge(edge);
        const std::size_t name = skip(behind_edge, is_space);
        std::size_t end = skip(name, is_assignment_character);
        if (behind_edge != edge || !contains(compilers, text_.substr(name, end - name))) {
            // Its own versions and variants go with it.
            drop(start, skip(end, is_dependency_character));
            return;
        }
        if (const std::size_t version = skip(end, is_space); peek_at(version) == '@')
            end = skip(version + 1, is_version_character);
        drop(start, end);
    }

    void take_flag()
    {
        if (peek_at(at_ + 1) == peek()) { // "++name" hands the value on to dependencies, which we do not
            blank(at_, at_ + 1);
            ++at_;
        }
        at_ = skip(at_ + 1, is_word_character);
    }

    void take_word()
    {
        const std::size_t start = at_;
        at_ = skip(at_, is_word_character);
        const std::string_view word = text_.substr(start, at_ - start);
        std::size_t value = at_;
        if (peek_at(value) == ':' && peek_at(value + 1) == '=')
            ++value;
        if (peek_at(value) == '=') {
            ++value;
            take_value(start, word, peek_at(value) == '=' ? value + 1 : value);
        } else if (const std::size_t dot = word.rfind('.'); dot != std::string_view::npos) {
            blank(start, start + dot + 1); // the repository it is from
        }
    }

    void take_value(std::size_t start, std::string_view key, std::size_t from)
    {
        std::size_t end = skip(from, is_bare_value_character);
        std::string_view value = text_.substr(from, end - from);
        if (const char quote = peek_at(from); quote == '"' || quote == '\'') {
            const std::size_t closing = text_.find(quote, from + 1);
            if (closing == std::string_view::npos) {
                at_ = end; // the parser says what is wrong
                return;
            }
            end = closing + 1;
            ++from;
            value = text_.substr(from, closing - from);
        } else if (value.empty()) {
            at_ = end; // here too
            return;
        }
        const bool kept =
            !contains(own_keys, key) && (key == "target" ? spec::is_name(value) : spec::is_variant_value(value));
        if (!kept) {
            drop(start, end);
            return;
        }
        // The value stays where it is; its key moves up to it.
        blank(start, end);
        const std::string element = std::string(key) + '=' + std::string(value);
        reduced_.text.replace(from - key.size() - 1, element.size(), element);
        at_ = end;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    ReducedSpec reduced_;
};

} // namespace

ReducedSpec reduce_spec(std::string_view text)
{
    return Reducer(text).reduce();
}

} // namespace sf::preference
