// The plan that the tool wrote, read again.
#pragma once

#include <string>
#include <vector>

namespace sf::sandbox::lxd_init {

struct OverlayStep {
    std::string target, upper, work;
    std::vector<std::string> lower; ///< topmost first
};

struct MountStep {
    std::string inside, type, source;
    bool is_file = false;
    unsigned mode = 0;
    std::vector<std::string> options;
};

struct Plan {
    std::vector<OverlayStep> overlays;
    std::vector<MountStep> mounts; ///< parents before children
    unsigned user = 0;
    unsigned nice = 0;
    bool idle_io = false;
    std::string directory;
    std::vector<std::string> environment;
    std::vector<std::string> argv;
};

/// False when the file cannot be read or is cut off.
[[nodiscard]] bool read_plan(const char* path, Plan& plan);

} // namespace sf::sandbox::lxd_init
