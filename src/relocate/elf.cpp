#include "relocate/elf.hpp"

#include "relocate/elf_image.hpp"
#include "relocate/rewrite.hpp"
#include "util/files/fs.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <charconv>

namespace sf::relocate {

namespace {

namespace stdfs = std::filesystem;

std::string machine_name(Elf64_Half machine)
{
    switch (machine) {
    case EM_X86_64:
        return "x86_64";
    case EM_AARCH64:
        return "aarch64";
    case EM_PPC64:
        return "ppc64";
    case EM_RISCV:
        return "riscv";
    case EM_386:
        return "i386";
    default:
        return fmt::format("machine {}", machine);
    }
}

/// "2.34" of "GLIBC_2.34"; empty for other names.
std::string glibc_version(std::string_view name)
{
    constexpr std::string_view start = "GLIBC_";
    // Not a number, but a feature: packed relative relocations, which came with 2.36.
    if (name == "GLIBC_ABI_DT_RELR")
        return "2.36";
    if (!name.starts_with(start) || name.size() == start.size() || name[start.size()] < '0' || name[start.size()] > '9')
        return {};
    return std::string(name.substr(start.size()));
}

std::vector<std::string> path_entries(std::string_view path)
{
    auto entries = util::split(path, ':');
    entries.erase(std::remove(entries.begin(), entries.end(), std::string()), entries.end());
    return entries;
}

constexpr std::size_t most_libraries = 1000;

util::Status read_dynamic_entries(const ElfImage& image, ElfInfo& info)
{
    const bool has_runpath = image.dynamic_value(DT_RUNPATH).has_value();
    for (const auto& entry : image.dynamic()) {
        if (entry.tag != DT_NEEDED && entry.tag != DT_SONAME && entry.tag != DT_RUNPATH && entry.tag != DT_RPATH)
            continue;
        SF_TRY(auto text, image.string_at(entry.value));
        if (entry.tag == DT_NEEDED)
            info.needed.push_back(std::move(text));
        else if (entry.tag == DT_SONAME)
            info.soname = std::move(text);
        else if (entry.tag == DT_RUNPATH || !has_runpath)
            info.runpath = path_entries(text);
        // Each library is looked for in each directory.
        if (info.needed.size() > most_libraries || info.runpath.size() > most_libraries)
            return image.malformed(fmt::format("it names more than {} libraries or directories", most_libraries));
    }
    info.uses_rpath = image.dynamic_value(DT_RPATH) && !has_runpath;
    SF_TRY(const auto versions, image.needed_versions());
    for (const auto& needed : versions) {
        SF_TRY(const auto name, image.string_at(needed.name));
        if (auto version = glibc_version(name); is_older_version(info.highest_glibc, version))
            info.highest_glibc = std::move(version);
    }
    return {};
}

/// Flags of DT_FLAGS, DT_FLAGS_1 and the older entries that say the same
/// (https://refspecs.linuxfoundation.org/elf/gabi4+/ch5.dynamic.html).
Hardening hardening_of(const ElfImage& image)
{
    const auto flags = image.dynamic_value(DT_FLAGS).value_or(0);
    const auto more_flags = image.dynamic_value(DT_FLAGS_1).value_or(0);
    const auto stack = image.segment_flags(PT_GNU_STACK);
    Hardening hardening;
    hardening.relro = image.segment_flags(PT_GNU_RELRO).has_value();
    hardening.bind_now = image.dynamic_value(DT_BIND_NOW) || (flags & DF_BIND_NOW) != 0 || (more_flags & DF_1_NOW) != 0;
    hardening.executable_stack = !stack || (*stack & PF_X) != 0;
    hardening.text_relocations = image.dynamic_value(DT_TEXTREL) || (flags & DF_TEXTREL) != 0;
    hardening.position_independent = image.may_lie_anywhere();
    return hardening;
}

/// The new text of one entry, or nullopt when it is to go.
std::optional<std::string> relocated_entry(const std::string& entry, const std::string& prefix,
                                           const stdfs::path& directory)
{
    for (const std::string_view origin : {"$ORIGIN", "${ORIGIN}"}) {
        if (!entry.starts_with(origin) || (entry.size() > origin.size() && entry[origin.size()] != '/'))
            continue;
        const auto place = (directory / ("." + entry.substr(origin.size()))).lexically_normal();
        return *place.begin() == ".." ? std::nullopt : std::optional(entry);
    }
    const auto inside = below_prefix(entry, prefix);
    if (!inside)
        return std::nullopt;
    // Always by way of the top: lib-api/ holds links to files in lib/, and the loader takes $ORIGIN from the link.
    std::string text = "$ORIGIN";
    for (const auto& part : directory)
        text += part.empty() ? "" : "/..";
    return *inside == "." ? text : text + "/" + inside->string();
}

std::string relocated_path(std::string_view old, const std::string& prefix, const stdfs::path& relative)
{
    std::vector<std::string> entries;
    for (const auto& entry : path_entries(old)) {
        auto text = relocated_entry(entry, prefix, relative.parent_path());
        if (text && std::find(entries.begin(), entries.end(), *text) == entries.end())
            entries.push_back(std::move(*text));
    }
    return util::join(entries, ":");
}

/// How many of the string's bytes, the final zero included, are its own: linkers let a string that is the end of
/// another one share its bytes.
util::Result<std::uint64_t> own_bytes(const ElfImage& image, const ElfImage::Dynamic& entry, std::uint64_t length)
{
    SF_TRY(const auto uses, image.string_uses_except(entry.tag));
    auto own = length + 1;
    for (const auto use : uses) {
        if (use >= entry.value && use < entry.value + length)
            own = std::min(own, use - entry.value);
        if (use >= entry.value)
            continue;
        SF_TRY(const auto text, image.string_at(use));
        if (use + text.size() > entry.value)
            own = 0;
    }
    return own;
}

/// Which of the two run paths a file gets. The loader looks at DT_RPATH before it looks at LD_LIBRARY_PATH, so that no
/// library there takes the place of ours. But DT_RPATH also holds for whatever the file's libraries load, in turn
/// (ld.so(8)): libpam's modules are the system's, and want the system's libraries.
util::Result<Elf64_Sxword> run_path_tag(const ElfImage& image)
{
    for (const auto& entry : image.dynamic()) {
        if (entry.tag != DT_NEEDED)
            continue;
        SF_TRY(const auto library, image.string_at(entry.value));
        if (library.starts_with("libpam.so."))
            return DT_RUNPATH;
    }
    return DT_RPATH;
}

} // namespace

bool is_older_version(std::string_view left, std::string_view right)
{
    const auto numbers = [](std::string_view text) {
        std::vector<int> parsed;
        for (const auto& part : util::split(text, '.')) {
            int number = 0;
            std::from_chars(part.data(), part.data() + part.size(), number);
            parsed.push_back(number);
        }
        return parsed;
    };
    if (left.empty() || right.empty())
        return left.empty() && !right.empty();
    return numbers(left) < numbers(right);
}

util::Result<std::optional<ElfInfo>> read_elf(const stdfs::path& file)
{
    SF_TRY(const auto image, ElfImage::open(file));
    if (!image)
        return std::nullopt;
    ElfInfo info;
    info.machine = machine_name(image->machine());
    info.dynamic = image->has_dynamic_section();
    SF_TRY(info.interpreter, image->interpreter());
    SF_TRY(info.build_id, image->build_id());
    SF_TRY(info.isa_needed, image->isa_needed());
    info.loadable = image->is_loadable();
    if (info.loadable && image->has_segments())
        info.hardening = hardening_of(*image);
    if (info.dynamic)
        SF_CHECK(read_dynamic_entries(*image, info));
    return info;
}

util::Result<bool> relocate_runpath(const stdfs::path& file, const std::string& prefix, const stdfs::path& relative)
{
    SF_TRY(const auto image, ElfImage::open(file));
    if (!image)
        return false;
    const auto& dynamic = image->dynamic();
    const auto is_path = [](const ElfImage::Dynamic& entry) {
        return entry.tag == DT_RUNPATH || entry.tag == DT_RPATH;
    };
    const auto entry = std::find_if(dynamic.begin(), dynamic.end(), is_path);
    if (entry == dynamic.end())
        return false;
    if (std::find_if(entry + 1, dynamic.end(), is_path) != dynamic.end())
        return util::fail(util::ErrorCode::build,
                          fmt::format("{} has more than one RUNPATH or RPATH", relative.string()),
                          "link it with one -rpath list and --enable-new-dtags");
    SF_TRY(const auto old, image->string_at(entry->value));
    const auto text = relocated_path(old, prefix, relative);
    SF_TRY(const auto tag, run_path_tag(*image));
    if (text == old && entry->tag == tag)
        return false;
    SF_TRY(const auto own, own_bytes(*image, *entry, old.size()));
    if (text != old && text.size() + 1 > own)
        return util::fail(
            util::ErrorCode::build,
            fmt::format(R"({}: the RUNPATH "{}" does not fit in place of "{}" ({} of its bytes are its own))",
                        relative.string(), text, old, own),
            fmt::format("link the package with -Wl,-rpath,{}/lib, which leaves room", prefix));
    FileEdit edit(file);
    SF_CHECK(edit.open());
    if (text != old) {
        auto bytes = text;
        bytes.resize(std::min<std::uint64_t>(own, old.size()), '\0');
        SF_CHECK(edit.write_at(image->strings_offset() + entry->value, bytes));
    }
    SF_CHECK(edit.write_at(entry->offset, std::string_view(reinterpret_cast<const char*>(&tag), sizeof tag)));
    return true;
}

} // namespace sf::relocate
