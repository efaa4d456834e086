// Whether every ELF file is made as the policy demands. Private to `verify`.
#pragma once

#include "relocate/elf.hpp"
#include "verify/verify.hpp"

#include <filesystem>

namespace sf::verify {

/// Adds findings about one file, and counts it.
void check_hardening(const std::filesystem::path& relative, const relocate::ElfInfo& info, const Policy& policy,
                     Report& report);

} // namespace sf::verify
