// The program that is the first process of an LXD container. Private to this module.
#pragma once

#include <string_view>

namespace sf::sandbox {

/// The whole executable file, static, for x86-64.
[[nodiscard]] std::string_view lxd_init_bytes();

} // namespace sf::sandbox
