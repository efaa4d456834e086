#include "relocate/code.hpp"

#include "relocate/elf_image.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <map>

namespace sf::relocate {
namespace {

/// Functions that <stdio.h>, <setjmp.h> and <syslog.h> replace at every call. Of others, as memcpy, a compiler that
/// knows both sizes or none leaves the plain call, so that they say nothing.
constexpr std::array<std::string_view, 14> always_replaced = {
    "dprintf",  "fprintf",  "fwprintf", "longjmp", "printf",    "siglongjmp", "syslog",
    "vdprintf", "vfprintf", "vprintf",  "vsyslog", "vasprintf", "wprintf",    "asprintf"};

bool is_checking(std::string_view name)
{
    return name.starts_with("__") && name.ends_with("_chk");
}

bool begins_with_endbr64(const ElfImage& image, Elf64_Addr address)
{
    return image.bytes_of_address(address, 4) == std::string_view("\xf3\x0f\x1e\xfa", 4);
}

/// The start file of glibc hands main() to the C library: by `lea main(%rip),%rdi`, in programs that lie at one address
/// by `mov $main,%rdi`. 0: it does neither.
Elf64_Addr address_of_main(const ElfImage& image)
{
    constexpr std::size_t most = 64;
    constexpr std::size_t opcode = 3;
    constexpr std::size_t length = opcode + sizeof(std::int32_t);
    const auto code = image.bytes_of_address(image.entry(), most);
    const auto number_at = [code](std::size_t place) {
        std::int32_t number = 0;
        std::memcpy(&number, code.data() + place, sizeof number);
        return static_cast<Elf64_Addr>(static_cast<std::int64_t>(number));
    };
    for (std::size_t place = 0; place + length <= code.size(); ++place) {
        if (code.substr(place, opcode) == "\x48\x8d\x3d")
            return image.entry() + place + length + number_at(place + opcode);
        if (code.substr(place, opcode) == "\x48\xc7\xc7")
            return number_at(place + opcode);
    }
    return 0;
}

using ImageSymbols = std::vector<ElfImage::Symbol>;

util::Status read_imports_and_entries(const ElfImage& image, const ImageSymbols& symbols, Protections& protections)
{
    for (const auto& symbol : symbols) {
        // Where a program starts is the C library's code, which programs export with --export-dynamic.
        if (symbol.defined && (!symbol.function || symbol.address == image.entry()))
            continue;
        const bool open = symbol.defined && !begins_with_endbr64(image, symbol.address);
        protections.has_entries = protections.has_entries || symbol.defined;
        if (symbol.defined && (!open || !protections.open_entry.empty()))
            continue;
        SF_TRY(auto name, image.string_at(symbol.name));
        if (symbol.defined)
            protections.open_entry = std::move(name);
        else if (name == "__stack_chk_fail")
            protections.stack_protector = true;
        else if (is_checking(name))
            protections.fortified = true;
        else if (std::find(always_replaced.begin(), always_replaced.end(), name) != always_replaced.end())
            protections.unchecked = std::move(name);
    }
    return {};
}

util::Result<Symbols> symbols_of(const ElfImage& image, const ImageSymbols& uses)
{
    Symbols symbols;
    if (!image.has_dynamic_section())
        return symbols;
    for (const auto& use : uses) {
        if (!use.defined && (use.weak || use.versioned || !use.used))
            continue;
        SF_TRY(auto name, image.string_at(use.name));
        if (!name.empty())
            (use.defined ? symbols.defined : symbols.wanted).push_back(std::move(name));
    }
    return symbols;
}

util::Result<Protections> protections_of(const ElfImage& image, const ImageSymbols& symbols)
{
    Protections protections;
    if (!image.is_loadable() || image.machine() != EM_X86_64)
        return protections;
    if (!image.has_sections())
        return image.malformed("it has no section headers, which say where its code and symbols are");
    protections.code_bytes = image.code_bytes();
    constexpr auto both = GNU_PROPERTY_X86_FEATURE_1_IBT | GNU_PROPERTY_X86_FEATURE_1_SHSTK;
    SF_TRY(const auto features, image.features_of_all());
    protections.control_flow_marked = (features & both) == both;
    SF_CHECK(read_imports_and_entries(image, symbols, protections));
    // Some linkers give libraries a start as well.
    SF_TRY(const auto interpreter, image.interpreter());
    if (const auto main = interpreter.empty() ? 0 : address_of_main(image); main != 0) {
        protections.has_entries = true;
        if (!begins_with_endbr64(image, main) && protections.open_entry.empty())
            protections.open_entry = "main";
    }
    return protections;
}

} // namespace

util::Result<Code> read_code(const std::filesystem::path& file)
{
    Code code;
    SF_TRY(const auto image, ElfImage::open(file));
    if (!image)
        return code;
    SF_TRY(const auto symbols, image->symbols());
    SF_TRY(code.symbols, symbols_of(*image, symbols));
    SF_TRY(code.protections, protections_of(*image, symbols));
    return code;
}

util::Result<std::vector<BoundSymbol>> read_bound_symbols(const std::filesystem::path& file)
{
    std::vector<BoundSymbol> symbols;
    SF_TRY(const auto image, ElfImage::open(file));
    if (!image || !image->has_dynamic_section())
        return symbols;
    std::map<unsigned, std::string> versions;
    SF_TRY(const auto needed, image->needed_versions());
    for (const auto& version : needed) {
        SF_TRY(versions[version.number], image->string_at(version.name));
    }
    SF_TRY(const auto uses, image->symbols());
    for (const auto& use : uses) {
        const auto version = versions.find(use.version);
        if (use.defined || !use.used || version == versions.end())
            continue;
        SF_TRY(auto name, image->string_at(use.name));
        symbols.push_back({std::move(name), version->second});
    }
    return symbols;
}

} // namespace sf::relocate
