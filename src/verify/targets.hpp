// Whether every ELF file is for the processors that the tree is for. Private to `verify`.
#pragma once

#include "relocate/elf.hpp"
#include "spec/target.hpp"
#include "verify/verify.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace sf::verify {

/// What the files of one tree ask of the processor, against the manifest.
class Targets {
public:
    /// `manifest_target` is empty where no manifest names one: then nothing is a violation but what
    /// nothing runs. `limit` is the policy's.
    Targets(const std::string& manifest_target, std::optional<spec::Target> limit);

    void add_file(const std::filesystem::path& relative, const relocate::ElfInfo& info);

    /// Adds findings, target and target_file.
    void finish(VerifyReport& report) &&;

private:
    void check(const std::string& file, const spec::Target& needed);

    std::optional<spec::Target> promised_;
    std::optional<spec::Target> limit_;
    std::optional<spec::Target> highest_;
    std::string highest_file_;
    std::vector<Finding> findings_;
};

} // namespace sf::verify
