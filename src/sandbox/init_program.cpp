#include "sandbox/init_program.hpp"

#include "sandbox/memory_file.hpp"
#include "sandbox/sandbox_init.hpp"

namespace sf::sandbox {

util::Result<int> init_program_file()
{
    static const auto file = memory_file("slurm-factory-init", sandbox_init(), MemoryFile::program);
    if (!file)
        return tl::unexpected(file.error());
    return file->get();
}

} // namespace sf::sandbox
