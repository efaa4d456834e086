// Whether what the files of a tree take from each other is there. Private to `verify`.
#pragma once

#include "relocate/code.hpp"
#include "relocate/elf.hpp"
#include "verify/verify.hpp"

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace sf::verify {

/// The symbols of one tree. A plugin may take its from whatever loads it, so that any file of the tree will do.
class TreeSymbols {
public:
    explicit TreeSymbols(const Policy& policy) : policy_(policy) {}

    void add_file(const std::filesystem::path& relative, const relocate::ElfInfo& info, relocate::Symbols symbols);
    /// Adds a finding for each file that wants what no file has, after those for missing libraries.
    void check(VerifyReport& report) const;

private:
    [[nodiscard]] bool comes_from_elsewhere(const std::string& symbol) const;

    const Policy& policy_;
    std::set<std::string> defined_;
    std::map<std::string, std::vector<std::string>> wanted_; ///< by file
};

} // namespace sf::verify
