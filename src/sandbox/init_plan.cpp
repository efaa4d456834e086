#include "sandbox/init_plan.hpp"

#include <cstdint>
#include <cstring>
#include <utility>

namespace sf::sandbox {
namespace {

/// Numbers have four bytes; texts and lists begin with their length.
class Writer {
public:
    template <typename Number> void number(const Number& value)
    {
        const auto written = static_cast<std::uint32_t>(value);
        bytes_.append(reinterpret_cast<const char*>(&written), sizeof written); // NOLINT
    }
    void text(const std::string& text)
    {
        number(text.size());
        bytes_ += text;
    }
    template <typename List, typename Each> void list(const List& all, Each each)
    {
        number(all.size());
        for (const auto& one : all)
            each(one);
    }
    std::string take() { return std::move(bytes_); }

private:
    std::string bytes_;
};

class Reader {
public:
    explicit Reader(std::string_view bytes) : left_(bytes) {}
    template <typename Number> void number(Number& value)
    {
        std::uint32_t read = 0;
        if ((good_ = good_ && left_.size() >= sizeof read)) {
            std::memcpy(&read, left_.data(), sizeof read);
            left_.remove_prefix(sizeof read);
        }
        value = static_cast<Number>(read);
    }
    void text(std::string& text)
    {
        std::uint32_t size = 0;
        number(size);
        if ((good_ = good_ && left_.size() >= size)) {
            text = left_.substr(0, size);
            left_.remove_prefix(size);
        }
    }
    template <typename List, typename Each> void list(List& all, Each each)
    {
        std::uint32_t size = 0;
        number(size);
        for (; good_ && size > 0; --size)
            each(all.emplace_back());
    }
    [[nodiscard]] bool at_end() const { return good_ && left_.empty(); }

private:
    std::string_view left_;
    bool good_ = true;
};

template <typename Bytes, typename Texts> void texts(Bytes& bytes, Texts& all)
{
    bytes.list(all, [&bytes](auto& text) { bytes.text(text); });
}

/// The format: one walk for both directions.
template <typename Bytes, typename Plan> void walk(Bytes& bytes, Plan& plan)
{
    bytes.text(plan.host_name);
    bytes.number(plan.own_proc);
    bytes.number(plan.nice);
    bytes.number(plan.idle_io);
    bytes.number(plan.user_namespace);
    bytes.list(plan.overlays, [&bytes](auto& overlay) {
        texts(bytes, overlay.lower);
        bytes.text(overlay.upper);
        bytes.text(overlay.work);
        bytes.text(overlay.target);
        bytes.text(overlay.inside);
    });
    texts(bytes, plan.hide);
    bytes.list(plan.mounts, [&bytes](auto& mount) {
        bytes.text(mount.target);
        bytes.text(mount.type);
        bytes.text(mount.source);
        texts(bytes, mount.options);
        bytes.number(mount.is_file);
        bytes.number(mount.mode);
    });
    bytes.number(plan.mask_proc);
    bytes.text(plan.own_directory);
    bytes.text(plan.read_only);
    texts(bytes, plan.runtime);
    bytes.text(plan.pid_file);
    bytes.text(plan.command.root);
    bytes.text(plan.command.directory);
    bytes.number(plan.command.user);
    bytes.number(plan.command.other_user);
    bytes.text(plan.command.seccomp);
    texts(bytes, plan.command.argv);
    texts(bytes, plan.command.environment);
}

} // namespace

std::string to_bytes(const InitPlan& plan)
{
    Writer writer;
    walk(writer, plan);
    return writer.take();
}

std::optional<InitPlan> plan_of(std::string_view bytes)
{
    Reader reader(bytes);
    InitPlan plan;
    walk(reader, plan);
    if (!reader.at_end() || (plan.runtime.empty() && plan.command.argv.empty()))
        return std::nullopt;
    return plan;
}

} // namespace sf::sandbox
