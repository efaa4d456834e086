// Audit of a software tree or tarball: will it run wherever it is unpacked?
#pragma once

#include "util/error.hpp"
#include "util/files/fs.hpp"
#include "verify/policy.hpp"
#include "verify/systems.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sf::verify {

/// One finding about one file.
struct Finding {
    enum class Kind {
        missing_library,  ///< a NEEDED library is neither in the tree (by RUNPATH) nor on the allow list
        absolute_runpath, ///< an entry of RUNPATH that is not $ORIGIN-relative, or leads out of the tree
        build_path,       ///< the build prefix or the build directory occurs in the file
        forbidden_file,   ///< .la, .a, setuid, device, absolute symbolic link into the build prefix, dangling link
        malformed_elf,
        wrong_target,      ///< an ELF file asks for another processor than the manifest's target or the policy's has
        forbidden_path,    ///< a text that the policy forbids occurs in the file
        weak_hardening,    ///< an ELF file is not made as the policy demands
        newer_glibc,       ///< an ELF file needs a later glibc than the policy allows
        license,           ///< a package has a licence that the policy does not let in
        too_large,         ///< the whole tree is larger than the policy allows
        unresolved_symbol, ///< a program or library takes a symbol that nothing in the tree has
    } kind = Kind::missing_library;
    std::string file; ///< relative to the tree
    std::string detail;
};
[[nodiscard]] std::string_view to_string(Finding::Kind kind);
/// The kind as a word that never changes, for programs: "missing-library".
[[nodiscard]] std::string_view identifier(Finding::Kind kind);

/// How many programs and shared objects have what.
struct HardeningCount {
    std::uint64_t files = 0;
    std::uint64_t full_relro = 0;
    std::uint64_t partial_relro = 0;
    std::uint64_t position_independent = 0;
    std::uint64_t bind_now = 0;
    std::uint64_t stack_protector = 0; ///< with at least one protected function
    std::uint64_t fortified = 0;       ///< with at least one checked call
    std::uint64_t control_flow = 0;
    std::uint64_t weak = 0;    ///< with a violation
    std::uint64_t excused = 0; ///< with accepted findings, and no violation
};

struct VerifyReport {
    std::vector<Finding> violations;
    std::vector<Finding> accepted; ///< what the tree's own manifest declares harmless, `detail` has the reason
    std::uint64_t files = 0;
    std::uint64_t elf_files = 0;
    std::uint64_t bytes = 0; ///< of all regular files
    std::string name;        ///< "slurm-24.11", by the manifest; empty where there is none
    spec::HardeningLevel hardening_level = spec::HardeningLevel::standard; ///< that files were held to
    HardeningCount hardening;
    std::string highest_glibc; ///< "2.34"
    std::string highest_glibc_file;
    std::string target;      ///< "x86_64_v3": the least that runs all files; empty when there are none
    std::string target_file; ///< a file that asks for it, empty for the generic target
    std::vector<std::string> system_libraries; ///< NEEDED libraries taken from the system
    std::vector<SystemVerdict> systems;        ///< where it runs; empty when it needs no glibc
};

struct VerifyOptions {
    std::string build_prefix = "/opt/slurm/software";
    std::string build_directory = "/build/";
    Policy policy;
};

/// A software tree, unpacked to a temporary directory if it was a tarball; that goes with it.
class Tree {
public:
    /// `path` is a directory (holds bin/, lib/) or a software tarball, which need not be trusted. Errors: usage, when
    /// there is nothing; verify, when it is neither.
    [[nodiscard]] static util::Result<Tree> open(const std::filesystem::path& path, const Policy& policy);

    [[nodiscard]] const std::filesystem::path& root() const { return root_; } ///< canonical
    /// What is wrong with the tarball itself.
    [[nodiscard]] const std::vector<Finding>& findings() const { return findings_; }

private:
    Tree() = default;
    std::filesystem::path root_;
    std::vector<Finding> findings_;
    std::optional<util::TempDir> unpacked_;
};

[[nodiscard]] util::Result<VerifyReport> audit(const Tree& tree, const VerifyOptions& options);
/// Of a directory or a tarball.
[[nodiscard]] util::Result<VerifyReport> audit(const std::filesystem::path& path, const VerifyOptions& options);

} // namespace sf::verify
