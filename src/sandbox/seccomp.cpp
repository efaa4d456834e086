#include "sandbox/seccomp.hpp"

#include "sandbox/memory_file.hpp"
#include "util/files/fs.hpp"

#include <seccomp.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace sf::sandbox {
namespace {

using Filter = std::unique_ptr<void, decltype(&::seccomp_release)>;

tl::unexpected<util::Error> failure(const std::string& what, int result)
{
    return util::fail(util::ErrorCode::sandbox,
                      fmt::format("libseccomp cannot make the filter of system calls: {}: {}", what,
                                  std::strerror(-result))); // NOLINT(concurrency-mt-unsafe)
}

util::Status add_rule(const Filter& filter, const RefusedCalls& refused)
{
    const auto has_flag = SCMP_A0(SCMP_CMP_MASKED_EQ, refused.flag, refused.flag);
    for (const auto& name : refused.names) {
        const int call = ::seccomp_syscall_resolve_name(name.c_str());
        const int result =
            call == __NR_SCMP_ERROR
                ? -EINVAL
                : ::seccomp_rule_add_array(filter.get(), SCMP_ACT_ERRNO(static_cast<unsigned>(refused.error)), call,
                                           refused.flag != 0 ? 1 : 0, &has_flag);
        if (result != 0)
            return failure(name, result);
    }
    return {};
}

} // namespace

const std::vector<RefusedCalls>& refused_calls()
{
    constexpr std::uint64_t new_user_namespace = 0x10000000;
    static const std::vector<RefusedCalls> all = {
        {{"add_key",         "bpf",
          "fanotify_init",   "finit_module",
          "fsconfig",        "fsmount",
          "fsopen",          "init_module",
          "io_uring_enter",  "io_uring_register",
          "io_uring_setup",  "kexec_file_load",
          "kexec_load",      "keyctl",
          "mount",           "mount_setattr",
          "move_mount",      "open_tree",
          "perf_event_open", "pivot_root",
          "request_key",     "setns",
          "umount2",         "unshare",
          "userfaultfd"},
         EPERM},
        {{"clone"}, EPERM, new_user_namespace},
        {{"clone3"}, ENOSYS}, // its flags lie in memory, where no filter can read them; callers fall back to clone
    };
    return all;
}

util::Result<std::string> seccomp_program()
{
    const Filter filter(::seccomp_init(SCMP_ACT_ALLOW), &::seccomp_release);
    if (!filter)
        return failure("seccomp_init", -ENOMEM);
    // The calls of other architectures have other numbers.
    if (const int result = ::seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS));
        result != 0)
        return failure("other architectures", result);
    for (const auto& refused : refused_calls())
        SF_CHECK(add_rule(filter, refused));
    SF_TRY(const auto file, memory_file("seccomp", {}, MemoryFile::data));
    if (const int result = ::seccomp_export_bpf(filter.get(), file.get()); result != 0)
        return failure("seccomp_export_bpf", result);
    return util::read_file(fmt::format("/proc/self/fd/{}", file.get()));
}

} // namespace sf::sandbox
