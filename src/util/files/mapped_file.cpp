#include "util/files/mapped_file.hpp"

#include "util/files/foreign_file.hpp"

#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>

namespace sf::util {

Result<MappedFile> MappedFile::open(const std::filesystem::path& path)
{
    SF_TRY(const auto fd, open_foreign_file(path));
    return of(fd, path.string());
}

Result<MappedFile> MappedFile::of(const UniqueFd& fd, const std::string& name)
{
    struct stat status = {};
    if (::fstat(fd.get(), &status) != 0)
        return fail_errno(errno, fmt::format("cannot look at {}", name));
    const auto size = static_cast<std::size_t>(status.st_size);
    if (size == 0) // mmap(2) takes no empty one
        return MappedFile(nullptr, 0);
    void* bytes = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd.get(), 0);
    if (bytes == MAP_FAILED) // NOLINT: a macro of the system's
        return fail_errno(errno, fmt::format("cannot read {}", name));
    return MappedFile(bytes, size);
}

MappedFile::MappedFile(MappedFile&& other) noexcept :
    bytes_(std::exchange(other.bytes_, nullptr)), size_(std::exchange(other.size_, 0))
{
}

MappedFile::~MappedFile()
{
    if (bytes_ != nullptr)
        ::munmap(bytes_, size_);
}

} // namespace sf::util
