#include "sandbox/seccomp.hpp"

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace sf::sandbox {
namespace {

/// Exit code of a process that has installed the program and then done something.
template <typename Does> int under(const std::string& bytes, Does does)
{
    const pid_t pid = ::fork();
    if (pid == 0) {
        std::vector<sock_filter> filter(bytes.size() / sizeof(sock_filter));
        std::memcpy(filter.data(), bytes.data(), bytes.size());
        const sock_fprog program = {static_cast<unsigned short>(filter.size()), filter.data()};
        if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
            ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
            ::_exit(255);
        ::_exit(does());
    }
    int status = 0;
    ::waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 254;
}

int error_of(long call, unsigned long first)
{
    constexpr unsigned long nonsense = ~0UL;
    return ::syscall(call, first, nonsense, nonsense, nonsense, nonsense) < 0 ? errno : 0;
}

TEST(Seccomp, EveryCallOfTheListFailsAsItSays)
{
    const auto program = seccomp_program();
    ASSERT_TRUE(program) << util::to_string(program.error());
    ASSERT_FALSE(program->empty());
    ASSERT_EQ(program->size() % sizeof(sock_filter), 0U);
    constexpr unsigned long nonsense = ~0UL;
    for (const auto& refused : refused_calls())
        for (const auto& name : refused.names) {
            const int call = ::seccomp_syscall_resolve_name(name.c_str());
            ASSERT_GE(call, 0) << name;
            const auto first = refused.flag != 0 ? refused.flag : nonsense;
            EXPECT_EQ(under(*program, [call, first] { return error_of(call, first); }), refused.error) << name;
        }
}

TEST(Seccomp, OtherCallsPass)
{
    const auto program = seccomp_program();
    ASSERT_TRUE(program);
    EXPECT_EQ(under(*program, [] { return ::getpid() > 1 ? 7 : 1; }), 7);
    EXPECT_EQ(under(*program,
                    [] {
                        const pid_t pid = ::fork(); // clone without the flag
                        int status = 0;
                        if (pid == 0)
                            ::_exit(3);
                        return ::waitpid(pid, &status, 0) == pid ? WEXITSTATUS(status) : 1;
                    }),
              3);
}

TEST(Seccomp, CallsOfOtherArchitecturesAreUnknown)
{
    const auto program = seccomp_program();
    ASSERT_TRUE(program);
    constexpr long x32 = 0x40000000;
    EXPECT_EQ(under(*program, [] { return error_of(x32 + SYS_getpid, 0); }), ENOSYS);
}

} // namespace
} // namespace sf::sandbox
