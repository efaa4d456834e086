// Programs and libraries that a build wrote or a tarball holds.
#include "relocate/elf.hpp"

#include "fuzz/scratch.hpp"
#include "relocate/code.hpp"
#include "util/files/fs.hpp"
#include "verify/hardening.hpp"

namespace {

/// Tables that overlap let a small file say gigabytes.
void require_small(const std::vector<std::string>& texts, std::size_t file_size)
{
    std::size_t bytes = 0;
    for (const auto& text : texts)
        bytes += text.size();
    sf::fuzz::require(bytes <= 8 * file_size + (std::size_t{1} << 16U), "what is read grows with the file only");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    const auto text = sf::fuzz::text_of(bytes, size);
    const auto& file = sf::fuzz::file_with(text);
    if (const auto info = sf::relocate::read_elf(file); info && *info) {
        sf::verify::VerifyReport report;
        const sf::verify::Policy policy;
        if (const auto code = sf::relocate::read_code(file))
            sf::verify::HardeningCheck(policy, nullptr).check("file", **info, code->protections, report);
        require_small((*info)->needed, size);
        require_small((*info)->runpath, size);
    }
    if (const auto code = sf::relocate::read_code(file)) {
        require_small(code->symbols.defined, size);
        require_small(code->symbols.wanted, size);
    }
    const auto changed = sf::relocate::relocate_runpath(file, "/opt/slurm/software", "lib/slurm/file.so");
    const auto after = sf::util::read_file(file);
    sf::fuzz::require(after && after->size() == size, "relocation does not change a file's size");
    if (!changed || !*changed)
        sf::fuzz::require(*after == text, "what is refused is not changed");
    return 0;
}
