// Whether every ELF file is made as the policy demands. Private to `verify`.
#pragma once

#include "manifest/manifest.hpp"
#include "relocate/code.hpp"
#include "relocate/elf.hpp"
#include "spec/hardening.hpp"
#include "verify/verify.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace sf::verify {

/// What one tree's programs and shared objects must have.
class HardeningCheck {
public:
    /// Of a policy, and where it leaves that open, of the level that the manifest names. Both must outlive this;
    /// nullptr: the tree has no manifest.
    HardeningCheck(const Policy& policy, const manifest::Manifest* manifest);

    [[nodiscard]] spec::HardeningLevel level() const { return level_; }
    /// Adds findings about one file, and counts it.
    void check(const std::filesystem::path& relative, const relocate::ElfInfo& info,
               const relocate::Protections& protections, VerifyReport& report) const;

private:
    struct File;
    [[nodiscard]] const manifest::HardeningNote* find_note(spec::Protection what, std::string_view file) const;
    void check_binding(File& file) const;
    void check_code(File& file) const;

    const Policy& policy_;
    const manifest::Manifest* manifest_;
    spec::HardeningLevel level_;
};

} // namespace sf::verify
