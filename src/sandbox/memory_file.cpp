#include "sandbox/memory_file.hpp"

#include "util/files/fs.hpp"

#include <sys/mman.h>

#include <cerrno>
#include <cstring>

namespace sf::sandbox {

util::Result<util::UniqueFd> memory_file(const char* name, std::string_view bytes, MemoryFile kind)
{
    // Since Linux 6.3 a kernel may want to be told; those before refuse what they do not know.
    constexpr unsigned no_program = 0x8U; // MFD_NOEXEC_SEAL
    constexpr unsigned program = 0x10U;   // MFD_EXEC
    const unsigned told = MFD_CLOEXEC | (kind == MemoryFile::program ? program : no_program);
    util::UniqueFd file(::memfd_create(name, told));
    if (!file && errno == EINVAL)
        file.reset(::memfd_create(name, MFD_CLOEXEC));
    if (!file)
        return util::fail(util::ErrorCode::sandbox,
                          fmt::format("cannot make a file in memory: {}",
                                      std::strerror(errno)), // NOLINT(concurrency-mt-unsafe)
                          errno == EACCES ? "allow programs in memory: sysctl vm.memfd_noexec=1" : "");
    SF_CHECK(util::write_all(file.get(), bytes));
    return file;
}

} // namespace sf::sandbox
