#include "sandbox/lxd_init/plan.hpp"

#include "sandbox/lxd_protocol.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

namespace sf::sandbox::lxd_init {
namespace {

namespace record = lxd_protocol::record;

bool read_whole(const char* path, std::string& text)
{
    const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    std::array<char, 65536> part{};
    ssize_t count = 0;
    while ((count = ::read(fd, part.data(), part.size())) > 0)
        text.append(part.data(), static_cast<std::size_t>(count));
    ::close(fd);
    return count == 0;
}

/// Takes one text after the other.
class Texts {
public:
    explicit Texts(const std::string& all) : all_(all) {}
    [[nodiscard]] bool at_end() const { return at_ >= all_.size(); }
    [[nodiscard]] bool good() const { return good_; }
    std::string next()
    {
        const auto end = all_.find('\0', at_);
        if (end == std::string::npos) {
            good_ = false;
            at_ = all_.size();
            return {};
        }
        auto text = all_.substr(at_, end - at_);
        at_ = end + 1;
        return text;
    }
    unsigned next_number(int base = 10) { return static_cast<unsigned>(std::strtoul(next().c_str(), nullptr, base)); }
    std::vector<std::string> next_list()
    {
        std::vector<std::string> list;
        for (auto left = next_number(); left > 0 && good_; --left)
            list.push_back(next());
        return list;
    }

private:
    const std::string& all_;
    std::size_t at_ = 0;
    bool good_ = true;
};

} // namespace

bool read_plan(const char* path, Plan& plan)
{
    std::string all;
    if (!read_whole(path, all))
        return false;
    Texts texts(all);
    constexpr int octal = 8;
    while (!texts.at_end()) {
        const auto word = texts.next();
        if (word == record::overlay) {
            OverlayStep step{texts.next(), texts.next(), texts.next(), {}};
            step.lower = texts.next_list();
            plan.overlays.push_back(std::move(step));
        } else if (word == record::mount) {
            MountStep step{
                texts.next(), texts.next(), texts.next(), texts.next() == "file", texts.next_number(octal), {}};
            step.options = texts.next_list();
            plan.mounts.push_back(std::move(step));
        } else if (word == record::user) {
            plan.user = texts.next_number();
        } else if (word == record::nice) {
            plan.nice = texts.next_number();
        } else if (word == record::idle_io) {
            plan.idle_io = texts.next_number() != 0;
        } else if (word == record::start_in) {
            plan.directory = texts.next();
        } else if (word == record::variable) {
            plan.environment.push_back(texts.next());
        } else if (word == record::argument) {
            plan.argv.push_back(texts.next());
        } else {
            return false;
        }
    }
    return texts.good() && !plan.argv.empty();
}

} // namespace sf::sandbox::lxd_init
