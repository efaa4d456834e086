// What the sandbox's functional tests share: a tiny image made of the host's own programs, and short ways to run jobs.
#pragma once

#include "sandbox/sandbox.hpp"
#include "util/files/fs.hpp"
#include "util/process/process.hpp"

#include <gtest/gtest.h>

#include <functional>
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

/// A way of running jobs that the tests are run with.
struct Kind {
    std::string name;                     ///< of the tests' parameter
    std::string full_name;                ///< how the backend's name() begins
    bool isolates = true;                 ///< keeps its promises about rights, files and processes
    std::function<std::string()> missing; ///< why it cannot be used here; empty: it can
    std::function<util::Result<std::unique_ptr<Backend>>(const std::filesystem::path& scratch)> make;
};

/// The kind of that name.
[[nodiscard]] const Kind& kind_of(const std::string& name);

/// Every test runs once with each kind that can be used here.
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
    [[nodiscard]] static const Kind& kind() { return kind_of(GetParam()); }

private:
    static std::unique_ptr<util::TempDir> image_;
    std::unique_ptr<util::TempDir> files_;
    util::UniqueFd log_;
    std::unique_ptr<Backend> backend_;
};

} // namespace sf::sandbox::test
