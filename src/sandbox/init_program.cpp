#include "sandbox/init_program.hpp"

#include "sandbox/memory_file.hpp"

#ifdef SF_SANDBOX_INIT
asm(R"(
    .pushsection .rodata
    .balign 16
sf_sandbox_init_begin:
    .incbin ")" SF_SANDBOX_INIT R"("
sf_sandbox_init_end:
    .popsection
)");
#endif

extern "C" {
extern const char sf_sandbox_init_begin;
extern const char sf_sandbox_init_end;
}

namespace sf::sandbox {

std::string_view init_program()
{
    return {&sf_sandbox_init_begin, static_cast<std::size_t>(&sf_sandbox_init_end - &sf_sandbox_init_begin)};
}

util::Result<int> init_program_file()
{
    static const auto file = memory_file("slurm-factory-init", init_program(), MemoryFile::program);
    if (!file)
        return tl::unexpected(file.error());
    return file->get();
}

} // namespace sf::sandbox
