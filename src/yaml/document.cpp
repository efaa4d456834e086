#include "yaml/element.hpp"
#include "yaml/yaml.hpp"

#include "util/files/fs.hpp"
#include "util/text.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <yaml.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <optional>
#include <unordered_map>

namespace sf::yaml {
namespace {

// Far deeper than any schema of ours; keeps the recursion of Element's destructor bounded.
constexpr std::size_t max_depth = 32;
// Far more than anybody writes; keeps the memory and the time bounded that a file may take, here and where it is used.
constexpr std::size_t max_bytes = std::size_t{16} << 20U;
constexpr std::size_t max_values = 200'000;

/// What is being read.
struct Input {
    const std::string& file;
    std::string_view text;

    [[nodiscard]] tl::unexpected<util::Error> refuse(Position where, std::string_view what, std::string hint = {}) const
    {
        return util::fail(util::ErrorCode::recipe, fmt::format("{}:{}:{}: {}", file, where.line, where.column, what),
                          std::move(hint));
    }
};

Position position(const yaml_mark_t& mark)
{
    return {static_cast<int>(mark.line) + 1, static_cast<int>(mark.column) + 1};
}

std::string_view text_of(const yaml_char_t* text, std::size_t length)
{
    return {reinterpret_cast<const char*>(text), length}; // NOLINT(*-reinterpret-cast): bytes are bytes
}

/// Byte offsets of libyaml's marks, which count characters. Quick for marks that only go forward.
class ByteOffsets {
public:
    explicit ByteOffsets(std::string_view text) : text_(text) {}

    [[nodiscard]] std::size_t of(std::size_t character)
    {
        if (character < character_)
            character_ = byte_ = 0;
        for (; character_ < character && byte_ < text_.size(); ++character_)
            do
                ++byte_;
            while (byte_ < text_.size() && (static_cast<unsigned char>(text_[byte_]) & 0xC0U) == 0x80U);
        return byte_;
    }

private:
    std::string_view text_;
    std::size_t character_ = 0;
    std::size_t byte_ = 0;
};

/// Builds the tree from libyaml's events: its own tree does not keep how scalars were written.
class Builder {
public:
    Builder(const Input& input, Element& root) : input_(input), offsets_(input.text), root_(&root) {}

    [[nodiscard]] util::Status take(const yaml_event_t& event)
    {
        const auto where = position(event.start_mark);
        switch (event.type) {
        case YAML_DOCUMENT_START_EVENT:
            if (std::exchange(has_document_, true))
                return input_.refuse(where, "a second YAML document begins here",
                                     "a file holds one document; remove what follows '---'");
            return {};
        case YAML_ALIAS_EVENT:
            return refuse_anchor(where);
        case YAML_SCALAR_EVENT:
            SF_CHECK(check_properties(where, event.data.scalar.anchor, event.data.scalar.tag));
            return take_scalar(event, where);
        case YAML_SEQUENCE_START_EVENT:
            SF_CHECK(check_properties(where, event.data.sequence_start.anchor, event.data.sequence_start.tag));
            return open(where, Value::Kind::sequence);
        case YAML_MAPPING_START_EVENT:
            SF_CHECK(check_properties(where, event.data.mapping_start.anchor, event.data.mapping_start.tag));
            return open(where, Value::Kind::mapping);
        case YAML_SEQUENCE_END_EVENT:
        case YAML_MAPPING_END_EVENT:
            return close();
        default:
            return {};
        }
    }

private:
    [[nodiscard]] util::Status refuse_anchor(Position where)
    {
        return input_.refuse(where, "anchors (&name) and aliases (*name) are not used in these files",
                             "write the value out, or quote it if it is meant to begin with & or *");
    }

    [[nodiscard]] util::Status check_properties(Position where, const yaml_char_t* anchor, const yaml_char_t* tag)
    {
        if (anchor != nullptr)
            return refuse_anchor(where);
        if (tag != nullptr)
            return input_.refuse(where,
                                 fmt::format("tags are not used in these files, found {}",
                                             reinterpret_cast<const char*>(tag)), // NOLINT(*-reinterpret-cast)
                                 "leave the tag out, or quote the value if it is meant to begin with !");
        return {};
    }

    /// A list or mapping whose end is not read yet.
    struct Open {
        Element node;
        std::unordered_map<std::string, int> lines; ///< of the mapping's keys, once there are many
    };

    [[nodiscard]] bool is_in_mapping() const
    {
        return !open_.empty() && open_.back().node.kind == Value::Kind::mapping;
    }
    [[nodiscard]] bool expects_key() const
    {
        return is_in_mapping() && open_.back().node.keys.size() == open_.back().node.children.size();
    }

    [[nodiscard]] util::Status take_scalar(const yaml_event_t& event, Position where)
    {
        constexpr std::array<std::string_view, 5> nothing = {"", "~", "null", "Null", "NULL"};
        const auto text = text_of(event.data.scalar.value, event.data.scalar.length);
        const bool is_null = event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
                             std::find(nothing.begin(), nothing.end(), text) != nothing.end();
        if (expects_key()) {
            if (is_null)
                return input_.refuse(where, "a key is missing before ':'");
            return add_key({std::string(text), where});
        }
        SF_CHECK(count(where));
        Element node;
        if (is_null) {
            // Where nothing is written the mark can be that of what follows: the key is a better place.
            node.where = is_in_mapping() ? open_.back().node.keys.back().where : where;
        } else {
            node.kind = Value::Kind::scalar;
            node.where = where;
            node.text = text;
            node.text_column = text_column(offsets_.of(event.start_mark.index), text);
        }
        add(std::move(node));
        return {};
    }

    [[nodiscard]] util::Status add_key(MappingKey key)
    {
        SF_CHECK(count(key.where));
        if (const auto line = line_of(open_.back(), key.text))
            return input_.refuse(key.where, fmt::format("key '{}' appears twice, first in line {}", key.text, *line),
                                 "merge the two or remove one");
        open_.back().node.keys.push_back(std::move(key));
        return {};
    }

    /// Where the mapping has the key already.
    [[nodiscard]] static std::optional<int> line_of(Open& mapping, const std::string& key)
    {
        constexpr std::size_t many = 64; // fewer are looked through faster than a table is made
        const auto& keys = mapping.node.keys;
        if (keys.size() < many) {
            const auto same =
                std::find_if(keys.begin(), keys.end(), [&](const MappingKey& old) { return old.text == key; });
            return same == keys.end() ? std::nullopt : std::optional(same->where.line);
        }
        for (auto next = mapping.lines.size(); next < keys.size(); ++next)
            mapping.lines.emplace(keys[next].text, keys[next].where.line);
        const auto found = mapping.lines.find(key);
        return found == mapping.lines.end() ? std::nullopt : std::optional(found->second);
    }

    /// A key or a value more.
    [[nodiscard]] util::Status count(Position where)
    {
        if (++values_ > max_values)
            return input_.refuse(where, fmt::format("more than {} keys and values", max_values),
                                 "divide the file, or check that it is the right file");
        return {};
    }

    [[nodiscard]] util::Status open(Position where, Value::Kind kind)
    {
        if (expects_key())
            return input_.refuse(where, "a key must be a plain word, not a list or mapping",
                                 "put values that contain braces or brackets, as {prefix} does, in double quotes");
        if (open_.size() == max_depth)
            return input_.refuse(where, fmt::format("nested more than {} levels deep", max_depth));
        SF_CHECK(count(where));
        Element node;
        node.kind = kind;
        node.where = where;
        open_.push_back({std::move(node), {}});
        return {};
    }

    [[nodiscard]] util::Status close()
    {
        Element node = std::move(open_.back().node);
        open_.pop_back();
        add(std::move(node));
        return {};
    }

    void add(Element node)
    {
        if (open_.empty())
            *root_ = std::move(node);
        else
            open_.back().node.children.push_back(std::move(node));
    }

    [[nodiscard]] std::size_t text_column(std::size_t start, std::string_view value) const
    {
        const auto is_at = [&](std::size_t place) {
            return place <= input_.text.size() && input_.text.substr(place).starts_with(value);
        };
        if (is_at(start))
            return 0;
        return is_at(start + 1) ? 1 : std::string::npos; // 1: behind a quotation mark
    }

    const Input& input_;
    ByteOffsets offsets_;
    Element* root_;
    std::vector<Open> open_;
    std::size_t values_ = 0;
    bool has_document_ = false;
};

/// libyaml's parser.
class Parser {
public:
    explicit Parser(const Input& input) : input_(input)
    {
        if (yaml_parser_initialize(&parser_) == 0)
            throw std::bad_alloc();
        yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
        yaml_parser_set_input_string(
            &parser_,
            reinterpret_cast<const unsigned char*>(input.text.data()), // NOLINT(*-reinterpret-cast)
            input.text.size());
    }
    ~Parser() { yaml_parser_delete(&parser_); }
    Parser(const Parser&) = delete;
    Parser& operator=(const Parser&) = delete;

    /// Gives `builder` all events.
    [[nodiscard]] util::Status run(Builder& builder)
    {
        for (bool more = true; more;) {
            yaml_event_t event;
            if (yaml_parser_parse(&parser_, &event) == 0)
                return describe();
            const std::unique_ptr<yaml_event_t, void (*)(yaml_event_t*)> owner(&event, yaml_event_delete);
            more = event.type != YAML_STREAM_END_EVENT;
            SF_CHECK(builder.take(event));
        }
        return {};
    }

private:
    [[nodiscard]] util::Status describe() const
    {
        // A fault of the bytes themselves has an offset, all others a mark.
        const auto where =
            parser_.error == YAML_READER_ERROR ? place_of_byte(parser_.problem_offset) : position(parser_.problem_mark);
        const char* problem = parser_.problem != nullptr ? parser_.problem : "out of memory";
        return input_.refuse(
            where, fmt::format("not valid YAML: {}", problem),
            "check indentation (spaces, no tabs) and quote values that contain any of : # { } [ ] , & * ! | > "
            "' \" % @ `");
    }

    [[nodiscard]] Position place_of_byte(std::size_t offset) const
    {
        const auto before = input_.text.substr(0, offset);
        const auto line_start = before.rfind('\n') + 1; // npos + 1: the first line
        return {static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1,
                static_cast<int>(before.size() - line_start) + 1};
    }

    const Input& input_;
    yaml_parser_t parser_{};
};

} // namespace

struct Document::Content {
    std::string file;
    Element root;
};

Document::Document(std::unique_ptr<Content> content) : content_(std::move(content)) {}
Document::Document(Document&& other) noexcept = default;
Document& Document::operator=(Document&& other) noexcept = default;
Document::~Document() = default;

util::Result<Document> Document::parse(std::string_view text, std::string file)
{
    auto content = std::make_unique<Content>();
    content->file = std::move(file);
    content->root.where = {1, 1};
    const Input input{content->file, text};
    if (text.size() > max_bytes)
        return input.refuse({1, 1}, fmt::format("the file has more than {}", util::human_bytes(max_bytes)),
                            "divide it, or check that it is the right file");
    Builder builder(input, content->root);
    SF_CHECK(Parser(input).run(builder));
    return Document(std::move(content));
}

util::Result<Document> Document::load(const std::filesystem::path& path)
{
    SF_TRY(const auto fd, util::open_file(path, O_RDONLY));
    std::string text;
    std::string buffer(std::size_t{1} << 16U, '\0');
    while (text.size() <= max_bytes) { // parse() refuses what is longer
        const auto count = ::read(fd.get(), buffer.data(), buffer.size());
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return util::fail_errno(errno, fmt::format("cannot read {}", path.string()));
        if (count == 0)
            break;
        text.append(buffer, 0, static_cast<std::size_t>(count));
    }
    return parse(text, path.string());
}

Value Document::root() const
{
    return {content_->file, content_->root, "the file"};
}

} // namespace sf::yaml
