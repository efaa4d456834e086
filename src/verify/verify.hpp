// Audit of a software tree or tarball: will it run wherever it is unpacked?
#pragma once

#include "util/error.hpp"

#include <cstdint>
#include <filesystem>
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
        wrong_target, ///< an ELF file asks for another processor than the target in the tree's manifest has
    } kind = Kind::missing_library;
    std::string file; ///< relative to the tree
    std::string detail;
};
[[nodiscard]] std::string_view to_string(Finding::Kind kind);

struct Report {
    std::vector<Finding> violations;
    std::vector<Finding>
        accepted; ///< build paths that the tree's own manifest declares harmless, `detail` has the reason
    std::uint64_t files = 0;
    std::uint64_t elf_files = 0;
    std::string highest_glibc; ///< "2.34"
    std::string highest_glibc_file;
    std::string target;      ///< "x86_64_v3": the least that runs all files; empty when there are none
    std::string target_file; ///< a file that asks for it, empty for the generic target
    std::vector<std::string> system_libraries; ///< NEEDED libraries taken from the system
};

struct Options {
    std::string build_prefix = "/opt/slurm/software";
    std::string build_directory = "/build/";
    std::vector<std::string> allowed_libraries; ///< globs; empty: glibc's own (docs/verify.md)
};

/// `path` is a directory (the tree: holds bin/, lib/) or a software tarball (unpacked to a temporary directory first).
[[nodiscard]] util::Result<Report> audit(const std::filesystem::path& path, const Options& options);

} // namespace sf::verify
