// Whether every ELF file finds its libraries inside the tree. Private to `verify`.
#pragma once

#include "relocate/elf.hpp"
#include "util/files/foreign_tree.hpp"
#include "verify/verify.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace sf::verify {

/// The ELF files of one tree, and the names under which the loader may open them.
class Libraries {
public:
    /// Tree and policy must outlive it. `floor` is the glibc that the tree's manifest promises to run on, where the
    /// policy says nothing; empty: none.
    Libraries(const util::ForeignTree& tree, const Policy& policy, std::string floor) :
        tree_(tree), policy_(policy), floor_(std::move(floor))
    {
    }

    void add_file(const std::filesystem::path& relative, relocate::ElfInfo info);
    /// A symbolic link that leads to `target` in the tree: the loader takes $ORIGIN from the link's directory.
    void add_link(const std::filesystem::path& relative, const std::filesystem::path& target);

    /// Adds findings, highest_glibc and system_libraries.
    void check(VerifyReport& report) const;

private:
    void check_file(const std::filesystem::path& name, const relocate::ElfInfo& info, VerifyReport& report,
                    std::set<std::string>& from_system) const;
    /// The place of a RUNPATH entry as seen from `name`; nullopt when it does not lie in the tree.
    [[nodiscard]] std::optional<std::filesystem::path> directory_of_entry(const std::string& entry,
                                                                          const std::filesystem::path& name) const;
    /// Empty when the library is found, else what is wrong.
    [[nodiscard]] std::string problem_with(const std::string& library,
                                           const std::vector<std::filesystem::path>& directories,
                                           std::set<std::string>& from_system) const;
    /// The ELF file of that name in the tree, links followed; nullptr when there is none.
    [[nodiscard]] const relocate::ElfInfo* find(const std::filesystem::path& name) const;

    const util::ForeignTree& tree_;
    const Policy& policy_;
    std::string floor_;
    std::map<std::filesystem::path, relocate::ElfInfo> files_;
    std::map<std::filesystem::path, std::filesystem::path> links_;
};

} // namespace sf::verify
