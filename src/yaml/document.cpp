#include "yaml/element.hpp"
#include "yaml/yaml.hpp"

#include "util/fs.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>

namespace sf::yaml {
namespace {

// Far deeper than any schema of ours; keeps the recursion of yaml-cpp and of Element's destructor bounded.
constexpr std::size_t max_depth = 32;

/// Thrown through yaml-cpp out of the handler, caught in Document::parse().
struct Refused {
    Position where;
    std::string what;
    std::string hint;
};

Position position(const YAML::Mark& mark)
{
    return {mark.line + 1, mark.column + 1};
}

/// Builds the tree from yaml-cpp's events. Not YAML::Load(), which loses duplicate keys and how scalars were written.
class Builder : public YAML::EventHandler {
public:
    Builder(std::string_view source, Element& root) : source_(source), root_(&root) {}

    void OnDocumentStart(const YAML::Mark& /*mark*/) override {}
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override
    {
        Element node;
        // Where nothing is written the mark is that of what follows, perhaps lines away: the key is a better place.
        const bool has_key = !open_.empty() && open_.back().kind == Value::Kind::mapping && !expects_key();
        node.where = has_key ? open_.back().keys.back().where : position(mark);
        add(std::move(node));
    }

    void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override { refuse_anchor(mark); }

    void OnAnchor(const YAML::Mark& mark, const std::string& /*anchor_name*/) override { refuse_anchor(mark); }

    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                  const std::string& value) override
    {
        refuse_tag(mark, tag);
        if (expects_key()) {
            add_key({value, position(mark)});
            return;
        }
        Element node;
        node.kind = Value::Kind::scalar;
        node.where = position(mark);
        node.text = value;
        node.text_column = text_column(mark, value);
        add(std::move(node));
    }

    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                         YAML::EmitterStyle::value /*style*/) override
    {
        open(mark, tag, Value::Kind::sequence);
    }
    void OnSequenceEnd() override { close(); }

    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                    YAML::EmitterStyle::value /*style*/) override
    {
        open(mark, tag, Value::Kind::mapping);
    }
    void OnMapEnd() override { close(); }

private:
    [[noreturn]] static void refuse_anchor(const YAML::Mark& mark)
    {
        throw Refused{position(mark), "anchors (&name) and aliases (*name) are not used in these files",
                      "write the value out, or quote it if it is meant to begin with & or *"};
    }

    // "?" is the tag of a plain scalar, "!" that of a quoted one.
    static void refuse_tag(const YAML::Mark& mark, const std::string& tag)
    {
        if (!tag.empty() && tag != "?" && tag != "!")
            throw Refused{position(mark), fmt::format("tags are not used in these files, found {}", tag),
                          "leave the tag out, or quote the value if it is meant to begin with !"};
    }

    [[nodiscard]] bool expects_key() const
    {
        return !open_.empty() && open_.back().kind == Value::Kind::mapping &&
               open_.back().keys.size() == open_.back().children.size();
    }

    void add_key(Key key)
    {
        auto& keys = open_.back().keys;
        const auto same = std::find_if(keys.begin(), keys.end(), [&](const Key& old) { return old.text == key.text; });
        if (same != keys.end())
            throw Refused{key.where, fmt::format("key '{}' stands twice, first in line {}", key.text, same->where.line),
                          "merge the two or remove one"};
        keys.push_back(std::move(key));
    }

    void open(const YAML::Mark& mark, const std::string& tag, Value::Kind kind)
    {
        refuse_tag(mark, tag);
        if (expects_key())
            throw Refused{position(mark), "a key must be a plain word, not a list or mapping",
                          "put values that contain braces or brackets, as {prefix} does, in double quotes"};
        if (open_.size() == max_depth)
            throw Refused{position(mark), fmt::format("nested more than {} levels deep", max_depth), {}};
        Element node;
        node.kind = kind;
        node.where = position(mark);
        open_.push_back(std::move(node));
    }

    void close()
    {
        Element node = std::move(open_.back());
        open_.pop_back();
        add(std::move(node));
    }

    void add(Element node)
    {
        if (open_.empty()) {
            *root_ = std::move(node);
            return;
        }
        if (expects_key())
            throw Refused{node.where, "a key is missing before ':'", {}};
        open_.back().children.push_back(std::move(node));
    }

    [[nodiscard]] std::size_t text_column(const YAML::Mark& mark, const std::string& value) const
    {
        const auto start = static_cast<std::size_t>(mark.pos);
        if (source_.substr(std::min(start, source_.size())).starts_with(value))
            return 0;
        if (source_.substr(std::min(start + 1, source_.size())).starts_with(value))
            return 1; // behind a quotation mark
        return std::string::npos;
    }

    std::string_view source_;
    Element* root_;
    std::vector<Element> open_;
};

util::Error fault(const std::string& file, Position where, std::string_view what, std::string hint)
{
    return {util::ErrorCode::recipe,
            fmt::format("{}:{}:{}: {}", file, where.line, where.column, what),
            std::move(hint),
            {}};
}

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
    try {
        std::istringstream stream{std::string(text)};
        YAML::Parser parser(stream);
        Builder builder(text, content->root);
        parser.HandleNextDocument(builder);
        Element second;
        Builder after(text, second);
        if (parser.HandleNextDocument(after))
            return tl::unexpected(fault(content->file, second.where, "a second YAML document begins here",
                                        "a file holds one document; remove what follows '---'"));
    } catch (const Refused& refused) {
        return tl::unexpected(fault(content->file, refused.where, refused.what, refused.hint));
    } catch (const YAML::Exception& error) {
        return tl::unexpected(fault(content->file, position(error.mark), "not valid YAML: " + error.msg,
                                    "check indentation (spaces, no tabs) and quote values that contain any of : # { } "
                                    "[ ] , & * ! | > ' \" % @ `"));
    } catch (const std::exception& error) {
        return util::fail(util::ErrorCode::recipe,
                          fmt::format("{}: cannot be read as YAML: {}", content->file, error.what()));
    }
    return Document(std::move(content));
}

util::Result<Document> Document::load(const std::filesystem::path& path)
{
    SF_TRY(const auto text, util::read_file(path));
    return parse(text, path.string());
}

Value Document::root() const
{
    return {content_->file, content_->root, "the file"};
}

} // namespace sf::yaml
