#include "util/process/install_hint.hpp"

#include "util/process/process.hpp"

#include <fmt/format.h>

namespace sf::util {

bool has_apt()
{
    return find_program("apt-get").has_value();
}

std::string how_to_install(const std::string& debian, const std::string& elsewhere)
{
    if (has_apt())
        return "apt-get install " + debian;
    const auto& name = elsewhere.empty() ? debian : elsewhere;
    for (const std::string manager : {"dnf", "yum", "zypper"})
        if (find_program(manager))
            return fmt::format("{} install {}", manager, name);
    return "install " + name;
}

} // namespace sf::util
