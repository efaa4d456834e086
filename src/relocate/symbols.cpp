#include "relocate/symbols.hpp"

#include "relocate/elf_image.hpp"

namespace sf::relocate {

util::Result<Symbols> read_symbols(const std::filesystem::path& file)
{
    Symbols symbols;
    SF_TRY(const auto image, ElfImage::open(file));
    if (!image || !image->has_dynamic_section())
        return symbols;
    SF_TRY(const auto uses, image->symbols());
    for (const auto& use : uses) {
        if (!use.defined && (use.weak || use.versioned || !use.used))
            continue;
        SF_TRY(auto name, image->string_at(use.name));
        if (!name.empty())
            (use.defined ? symbols.defined : symbols.wanted).push_back(std::move(name));
    }
    return symbols;
}

} // namespace sf::relocate
