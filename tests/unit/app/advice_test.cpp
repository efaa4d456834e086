#include "app/session/advice.hpp"

#include <gtest/gtest.h>

#include <cerrno>

namespace sf::app {
namespace {

using util::ErrorCode;
using util::Reason;

std::string hint_of(Reason reason, const std::string& about = {})
{
    return with_advice({ErrorCode::failure, "it failed", {}, {}, reason, about}).hint;
}

TEST(Advice, NamesTheOptionsThatHelp)
{
    EXPECT_EQ(hint_of(Reason::no_home), "give --root DIRECTORY or set SLURM_FACTORY_ROOT");
    EXPECT_EQ(hint_of(Reason::place_full), "free some space there, or choose another place with --root");
    EXPECT_EQ(hint_of(Reason::job_out_of_memory),
              "build with fewer parallel jobs (--jobs), or raise limits.memory in config.yaml");
    EXPECT_EQ(hint_of(Reason::symbol_above_floor, "2.31"),
              "build for newer systems only (--glibc 2.31), or patch the package so that it does without");
    EXPECT_EQ(hint_of(Reason::none), "");
    EXPECT_EQ(hint_of(Reason::checksum_mismatch), "") << "code decides by it; there is nothing to say";
}

TEST(Advice, OfTheOperatingSystemsRefusals)
{
    EXPECT_EQ(with_advice(util::fail_errno(EACCES, "cannot write").value()).hint,
              "run as root or with sudo, or choose another place with --root");
    EXPECT_EQ(with_advice(util::fail_errno(ENOSPC, "cannot write").value()).hint,
              "free space on that file system, or choose another with --root");
    EXPECT_EQ(with_advice(util::fail_errno(ENOENT, "cannot write").value()).hint, "");
}

TEST(Advice, CompletesAHintThatIsMadeForIt)
{
    const auto target =
        with_advice({ErrorCode::usage, "no", "build on a machine that has b", {}, Reason::processor_too_old, "a"});
    EXPECT_EQ(target.hint, "build on a machine that has b, or for --target a");
    EXPECT_EQ(with_advice(target).hint, target.hint) << "once";
    EXPECT_EQ(with_advice({ErrorCode::sandbox, "no", "be root", {}, Reason::cannot_make_images}).hint,
              "be root; or take the image from a binary cache (--cache URL)");
}

TEST(Advice, AnotherHintThatIsThereStays)
{
    auto error = util::fail_errno(ENOSPC, "cannot write to the cache").value();
    error.hint = "prune the cache";
    const auto shown = with_advice(error);
    EXPECT_EQ(shown.hint, "prune the cache");
    EXPECT_EQ(shown.message, error.message);
    EXPECT_EQ(shown.code, ErrorCode::no_space);
}

} // namespace
} // namespace sf::app
