// What the sandbox's functional tests share: a tiny image made of the host's own programs, and short ways to run jobs.
#pragma once

#include "sandbox/sandbox.hpp"
#include "util/fs.hpp"
#include "util/process.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace sf::sandbox::test {

/// A root file system with a shell, a few commands and make, copied with their libraries from this machine.
[[nodiscard]] util::Status make_tiny_rootfs(const std::filesystem::path& root);

/// Names of the processes whose command line contains `text`.
[[nodiscard]] std::vector<std::string> processes_with(const std::string& text);

/// Waits up to `milliseconds` until `done` says so.
template <typename Done> bool eventually(int milliseconds, Done done)
{
    constexpr int step = 10;
    for (int waited = 0; waited <= milliseconds; waited += step) {
        if (done())
            return true;
        ::usleep(step * 1000);
    }
    return false;
}

/// Every test runs once with each backend that the machine has: the OCI runtimes, and the host itself.
class SandboxTest : public ::testing::TestWithParam<std::string> {
protected:
    static void SetUpTestSuite();
    static void TearDownTestSuite();
    void SetUp() override;

    /// A job that runs a shell script in the tiny image, its output caught.
    [[nodiscard]] Job shell(const std::string& script);
    /// Runs it; fails the test when it cannot be run.
    Outcome run(const Job& job);
    /// run(), expecting success, and what it wrote.
    std::string output_of(const Job& job);
    [[nodiscard]] std::string log() const;
    /// A directory of the host that belongs to the builder.
    [[nodiscard]] std::filesystem::path builder_directory(const std::string& name);

    static std::filesystem::path rootfs();
    [[nodiscard]] std::filesystem::path scratch() const { return files_->path() / "scratch"; }
    [[nodiscard]] std::filesystem::path files() const { return files_->path(); }
    Backend& backend() { return *backend_; }
    /// Another one like backend().
    [[nodiscard]] util::Result<std::unique_ptr<Backend>> make_backend();
    /// Whether it promises more than that files are as they should be.
    [[nodiscard]] static bool isolates();

private:
    static std::unique_ptr<util::TempDir> image_;
    std::unique_ptr<util::TempDir> files_;
    util::UniqueFd log_;
    std::unique_ptr<Backend> backend_;
};

} // namespace sf::sandbox::test
