#include "sandbox/lxd_init/seccomp.hpp"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstddef>
#include <vector>

#ifndef SYS_io_uring_setup
#error "a libc of 2019 or later is wanted"
#endif

namespace sf::sandbox::lxd_init {
namespace {

constexpr unsigned new_user_namespace = 0x10000000;
constexpr unsigned x32_bit = 0x40000000;

sock_filter load(std::size_t offset)
{
    return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<unsigned>(offset));
}

sock_filter refuse(int error)
{
    return BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<unsigned>(error));
}

} // namespace

bool refuse_calls()
{
    std::vector<sock_filter> program = {
        load(offsetof(seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0),
        refuse(ENOSYS), // the calls of other architectures have other numbers
        load(offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, x32_bit, 0, 1),
        refuse(ENOSYS),
    };
    for (const long call : {SYS_add_key,         SYS_bpf,
                            SYS_fanotify_init,   SYS_finit_module,
                            SYS_fsconfig,        SYS_fsmount,
                            SYS_fsopen,          SYS_init_module,
                            SYS_io_uring_enter,  SYS_io_uring_register,
                            SYS_io_uring_setup,  SYS_kexec_file_load,
                            SYS_kexec_load,      SYS_keyctl,
                            SYS_mount,           SYS_mount_setattr,
                            SYS_move_mount,      SYS_open_tree,
                            SYS_perf_event_open, SYS_pivot_root,
                            SYS_request_key,     SYS_setns,
                            SYS_umount2,         SYS_unshare,
                            SYS_userfaultfd}) {
        program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(call), 0, 1));
        program.push_back(refuse(EPERM));
    }
    // Its flags lie in memory, where no filter can read them; callers fall back to clone.
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(SYS_clone3), 0, 1));
    program.push_back(refuse(ENOSYS));
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(SYS_clone), 0, 3));
    program.push_back(load(offsetof(seccomp_data, args)));
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, new_user_namespace, 0, 1));
    program.push_back(refuse(EPERM));
    program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
    sock_fprog all = {static_cast<unsigned short>(program.size()), program.data()};
    return ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &all) == 0;
}

} // namespace sf::sandbox::lxd_init
