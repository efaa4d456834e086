#include "sandbox/lxd_init_bytes.hpp"

#ifdef SF_LXD_INIT
asm(R"(
    .pushsection .rodata
    .balign 16
sf_lxd_init_begin:
    .incbin ")" SF_LXD_INIT R"("
sf_lxd_init_end:
    .popsection
)");
#endif

extern "C" {
extern const char sf_lxd_init_begin;
extern const char sf_lxd_init_end;
}

namespace sf::sandbox {

std::string_view lxd_init_bytes()
{
    return {&sf_lxd_init_begin, static_cast<std::size_t>(&sf_lxd_init_end - &sf_lxd_init_begin)};
}

} // namespace sf::sandbox
