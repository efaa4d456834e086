// What a site demands of a software tree (docs/verify.md has the file's format).
#pragma once

#include "spec/hardening.hpp"
#include "spec/target.hpp"
#include "util/error.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sf::verify {

/// How much of what the loader relocates is read-only afterwards: nothing, the global offset table, or that and the
/// procedure linkage table.
enum class Relro { none, partial, full };
[[nodiscard]] std::string_view to_string(Relro relro);

/// A member stands for what a tree must or may be; those of a Policy() are the demands without a policy file.
struct Policy {
    /// Globs of the libraries that may come from the system; by default what belongs to glibc, and libpam.
    std::vector<std::string> system_libraries = default_system_libraries();
    /// Globs of the symbols that come from what loads a file, or from what a program loads while it runs; by default
    /// those of libpam, for its modules, of NVIDIA's driver and of HPE Slingshot's library.
    std::vector<std::string> system_symbols = {"pam_*", "nvml*", "cxil_*"};
    std::string highest_glibc;                  ///< "2.34"; empty: any
    std::optional<spec::Target> highest_target; ///< nullopt: any
    std::vector<std::string> forbidden_paths;   ///< texts that must not occur in files
    bool executable_stack = false;              ///< whether programs and shared objects may have one
    bool text_relocations = false;              ///< whether they may have some
    bool rpath = true;                          ///< whether DT_RPATH is allowed, which overrides LD_LIBRARY_PATH
    /// The level whose protections programs and shared objects must have; nullopt: the one that the tree names.
    std::optional<spec::HardeningLevel> hardening;
    // Single ones, whatever the level.
    std::optional<Relro> least_relro;
    std::optional<bool> position_independent;
    std::optional<bool> bind_now;
    std::optional<bool> stack_protector;
    std::optional<bool> fortify;
    std::optional<bool> control_flow;
    bool hardening_exceptions = true;          ///< whether the manifest may excuse files
    bool setuid = false;                       ///< whether files may be setuid or setgid
    bool world_writable = false;               ///< whether files and directories may be
    std::uint64_t most_bytes = 0;              ///< of all files, unpacked; 0: no limit
    std::vector<std::string> allowed_licenses; ///< globs of SPDX identifiers; empty: all that are not denied
    std::vector<std::string> denied_licenses;  ///< globs of SPDX identifiers

    /// Every fault is an error (code recipe) "file:line:column: what"; code usage where there is no file.
    [[nodiscard]] static util::Result<Policy> load(const std::filesystem::path& file);
    /// `name` stands for the file in messages.
    [[nodiscard]] static util::Result<Policy> parse(std::string_view text, const std::string& name);

    [[nodiscard]] static std::vector<std::string> default_system_libraries();
};

} // namespace sf::verify
