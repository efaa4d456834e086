#include "relocate/elf_image.hpp"

#include "util/files/foreign_file.hpp"

#include <gelf.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace sf::relocate {
namespace {

/// The bits of one property in the value of a property note, 0 where it is not; nullopt when the note is malformed.
std::optional<std::uint32_t> property_bits(std::string_view note, std::uint32_t wanted)
{
    struct Header {
        std::uint32_t type = 0;
        std::uint32_t size = 0;
    };
    constexpr std::size_t padding = sizeof(Elf64_Xword);
    Header header;
    while (note.size() >= sizeof header) {
        std::memcpy(&header, note.data(), sizeof header);
        note.remove_prefix(sizeof header);
        if (header.size > note.size())
            return std::nullopt;
        if (header.type == wanted) {
            std::uint32_t bits = 0;
            std::memcpy(&bits, note.data(), std::min<std::size_t>(sizeof bits, header.size));
            return bits;
        }
        note.remove_prefix(std::min((header.size + padding - 1) / padding * padding, note.size()));
    }
    return 0;
}

} // namespace

ElfImage::ElfImage(std::filesystem::path path, util::UniqueFd fd, Elf* elf) :
    path_(std::move(path)), fd_(std::move(fd)), elf_(elf)
{
}

util::Result<std::optional<ElfImage>> ElfImage::open(const std::filesystem::path& path)
{
    SF_TRY(auto fd, util::open_foreign_file(path));
    std::array<char, SELFMAG> magic{};
    if (::pread(fd.get(), magic.data(), magic.size(), 0) != SELFMAG || std::memcmp(magic.data(), ELFMAG, SELFMAG) != 0)
        return std::nullopt;
    static const unsigned library_version = elf_version(EV_CURRENT);
    static_cast<void>(library_version); // asking for it is what makes the library ready
    ElfImage image(path, std::move(fd), nullptr);
    image.elf_.reset(elf_begin(image.fd_.get(), ELF_C_READ_MMAP, nullptr));
    if (!image.elf_ || elf_kind(image.elf_.get()) != ELF_K_ELF)
        return image.malformed("its header cannot be read");
    SF_CHECK(image.read_headers());
    SF_CHECK(image.read_dynamic());
    return image;
}

tl::unexpected<util::Error> ElfImage::malformed(std::string_view what) const
{
    return util::fail(util::ErrorCode::build, fmt::format("{} is a malformed ELF file: {}", path_.string(), what),
                      "it may have been cut short; build the package again");
}

util::Status ElfImage::count_read(std::uint64_t size) const
{
    constexpr std::uint64_t each_byte = 4;
    constexpr std::uint64_t small_file = std::uint64_t{1} << 16U;
    read_ += size;
    if (read_ > each_byte * bytes_.size() + small_file)
        return malformed("its tables overlap");
    return {};
}

util::Result<std::string_view> ElfImage::bytes_at(std::uint64_t offset, std::uint64_t size) const
{
    if (offset > bytes_.size() || size > bytes_.size() - offset)
        return malformed(fmt::format("{} bytes at offset {} lie beyond its end at {}", size, offset, bytes_.size()));
    SF_CHECK(count_read(size));
    return bytes_.substr(offset, size);
}

template <typename T> util::Result<T> ElfImage::read(std::uint64_t offset) const
{
    SF_TRY(const auto bytes, bytes_at(offset, sizeof(T)));
    T value;
    std::memcpy(&value, bytes.data(), sizeof value);
    return value;
}

template <typename T> util::Result<std::vector<T>> ElfImage::read_table(std::uint64_t offset, std::uint64_t count) const
{
    if (count > bytes_.size() / sizeof(T))
        return malformed("a table is longer than the file");
    SF_TRY(const auto bytes, bytes_at(offset, count * sizeof(T)));
    std::vector<T> table(count);
    if (!table.empty())
        std::memcpy(table.data(), bytes.data(), bytes.size());
    return table;
}

util::Status ElfImage::read_headers()
{
    std::size_t size = 0;
    const char* start = elf_rawfile(elf_.get(), &size);
    GElf_Ehdr header;
    if (start == nullptr || gelf_getehdr(elf_.get(), &header) == nullptr)
        return malformed("its header cannot be read");
    bytes_ = {start, size};
    machine_ = header.e_machine;
    type_ = header.e_type;
    entry_ = header.e_entry;
    if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB)
        return {};
    std::size_t segment_count = 0;
    std::size_t section_count = 0;
    if (elf_getphdrnum(elf_.get(), &segment_count) != 0 || elf_getshdrnum(elf_.get(), &section_count) != 0)
        return malformed("its header tables lie beyond its end");
    if (segment_count > 0) {
        SF_TRY(segments_, read_table<Elf64_Phdr>(header.e_phoff, segment_count));
    }
    // libelf hides a section table that was cut off; the header still says where it should be.
    if (header.e_shoff != 0) {
        SF_TRY(sections_, read_table<Elf64_Shdr>(header.e_shoff, std::max<std::size_t>(section_count, header.e_shnum)));
    }
    return {};
}

std::optional<Elf64_Phdr> ElfImage::segment(Elf64_Word type) const
{
    const auto found = std::find_if(segments_.begin(), segments_.end(),
                                    [type](const Elf64_Phdr& candidate) { return candidate.p_type == type; });
    if (found == segments_.end() || found->p_filesz == 0 || is_emptied(*found))
        return std::nullopt;
    return *found;
}

std::optional<Elf64_Word> ElfImage::segment_flags(Elf64_Word type) const
{
    const auto found = std::find_if(segments_.begin(), segments_.end(),
                                    [type](const Elf64_Phdr& candidate) { return candidate.p_type == type; });
    return found == segments_.end() ? std::nullopt : std::optional(found->p_flags);
}

bool ElfImage::is_emptied(const Elf64_Phdr& segment) const
{
    // .tbss takes no addresses, so that its own may be that of the section behind it.
    return std::any_of(sections_.begin(), sections_.end(), [&segment](const Elf64_Shdr& section) {
        return section.sh_type == SHT_NOBITS && (section.sh_flags & SHF_TLS) == 0 &&
               section.sh_addr == segment.p_vaddr && section.sh_size == segment.p_memsz;
    });
}

util::Result<std::uint64_t> ElfImage::offset_of_address(Elf64_Addr address) const
{
    for (const auto& candidate : segments_)
        if (candidate.p_type == PT_LOAD && address >= candidate.p_vaddr &&
            address - candidate.p_vaddr < candidate.p_filesz)
            return address - candidate.p_vaddr + candidate.p_offset;
    return malformed(fmt::format("address {:#x} of its dynamic section is in no segment", address));
}

util::Status ElfImage::read_dynamic()
{
    const auto dynamic_segment = segment(PT_DYNAMIC);
    if (!dynamic_segment)
        return {};
    dynamic_offset_ = dynamic_segment->p_offset;
    SF_TRY(const auto entries,
           read_table<Elf64_Dyn>(dynamic_segment->p_offset, dynamic_segment->p_filesz / sizeof(Elf64_Dyn)));
    auto offset = dynamic_segment->p_offset;
    for (const auto& entry : entries) {
        if (entry.d_tag == DT_NULL)
            break;
        dynamic_.push_back({entry.d_tag, entry.d_un.d_val, offset});
        offset += sizeof(Elf64_Dyn);
    }
    const auto strings = dynamic_value(DT_STRTAB);
    if (!strings)
        return malformed("its dynamic section names no string table");
    SF_TRY(strings_offset_, offset_of_address(*strings));
    SF_TRY(strings_, bytes_at(strings_offset_, dynamic_value(DT_STRSZ).value_or(0)));
    return {};
}

std::optional<Elf64_Xword> ElfImage::dynamic_value(Elf64_Sxword tag) const
{
    for (const auto& entry : dynamic_)
        if (entry.tag == tag)
            return entry.value;
    return std::nullopt;
}

util::Result<std::string> ElfImage::string_at(StringIndex index) const
{
    const auto end = index < strings_.size() ? strings_.find('\0', index) : std::string_view::npos;
    if (end == std::string_view::npos)
        return malformed(fmt::format("string {} lies outside of its string table", index));
    SF_CHECK(count_read(end + 1 - index));
    return std::string(strings_.substr(index, end - index));
}

util::Result<std::string> ElfImage::interpreter() const
{
    const auto found = segment(PT_INTERP);
    if (!found)
        return std::string();
    SF_TRY(const auto bytes, bytes_at(found->p_offset, found->p_filesz));
    return std::string(bytes.substr(0, bytes.find('\0')));
}

util::Status ElfImage::append_notes(std::uint64_t offset, std::uint64_t size, std::uint64_t alignment,
                                    std::vector<Note>& notes) const
{
    SF_TRY(const auto bytes, bytes_at(offset, size));
    // Notes are padded to four bytes; property notes of 64-bit files, which lie apart, to eight.
    const auto type = alignment == sizeof(Elf64_Xword) ? ELF_T_NHDR8 : ELF_T_NHDR;
    Elf_Data* data = elf_getdata_rawchunk(elf_.get(), static_cast<int64_t>(offset), size, type);
    if (data == nullptr)
        return malformed("its notes cannot be read");
    GElf_Nhdr note;
    std::size_t name = 0;
    std::size_t value = 0;
    for (std::size_t at = 0; (at = gelf_getnote(data, at, &note, &name, &value)) > 0;)
        if (bytes.substr(name, note.n_namesz) == std::string_view("GNU\0", 4))
            notes.push_back({note.n_type, bytes.substr(value, note.n_descsz)});
    return {};
}

util::Result<std::vector<ElfImage::Note>> ElfImage::notes() const
{
    std::vector<Note> notes;
    for (const auto& section : sections_)
        if (section.sh_type == SHT_NOTE)
            SF_CHECK(append_notes(section.sh_offset, section.sh_size, section.sh_addralign, notes));
    if (sections_.empty())
        for (const auto& candidate : segments_)
            if (candidate.p_type == PT_NOTE)
                SF_CHECK(append_notes(candidate.p_offset, candidate.p_filesz, candidate.p_align, notes));
    return notes;
}

util::Result<std::string> ElfImage::build_id() const
{
    SF_TRY(const auto all, notes());
    std::string hex;
    for (const auto& note : all)
        if (note.type == NT_GNU_BUILD_ID && hex.empty())
            for (const char c : note.value)
                hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
    return hex;
}

util::Result<std::uint32_t> ElfImage::isa_needed() const
{
    return property(GNU_PROPERTY_X86_ISA_1_NEEDED);
}

util::Result<std::uint32_t> ElfImage::features_of_all() const
{
    return property(GNU_PROPERTY_X86_FEATURE_1_AND);
}

std::string_view ElfImage::bytes_of_address(Elf64_Addr address, std::size_t most) const
{
    for (const auto& candidate : segments_) {
        if (candidate.p_type != PT_LOAD || address < candidate.p_vaddr ||
            address - candidate.p_vaddr >= candidate.p_filesz)
            continue;
        const auto inside = address - candidate.p_vaddr;
        if (candidate.p_offset >= bytes_.size() || inside >= bytes_.size() - candidate.p_offset)
            return {};
        return bytes_.substr(candidate.p_offset + inside, std::min<std::uint64_t>(most, candidate.p_filesz - inside));
    }
    return {};
}

std::uint64_t ElfImage::code_bytes() const
{
    std::uint64_t bytes = 0;
    for (const auto& section : sections_)
        if (section.sh_type == SHT_PROGBITS && (section.sh_flags & SHF_EXECINSTR) != 0)
            bytes += std::min<std::uint64_t>(section.sh_size, bytes_.size());
    return bytes;
}

util::Result<std::uint32_t> ElfImage::property(std::uint32_t wanted) const
{
    std::uint32_t bits_of_all = 0;
    if (machine_ != EM_X86_64)
        return bits_of_all;
    SF_TRY(const auto all, notes());
    for (const auto& note : all) {
        if (note.type != NT_GNU_PROPERTY_TYPE_0)
            continue;
        const auto bits = property_bits(note.value, wanted);
        if (!bits)
            return malformed("a property is longer than its note");
        bits_of_all |= *bits;
    }
    return bits_of_all;
}

util::Result<std::vector<ElfImage::NeededVersion>> ElfImage::needed_versions() const
{
    std::vector<NeededVersion> names;
    const auto address = dynamic_value(DT_VERNEED);
    if (!address)
        return names;
    SF_TRY(auto offset, offset_of_address(*address));
    for (auto left = dynamic_value(DT_VERNEEDNUM).value_or(0); left > 0; --left) {
        SF_TRY(const auto library, read<Elf64_Verneed>(offset));
        auto auxiliary = offset + library.vn_aux;
        for (auto versions = library.vn_cnt; versions > 0; --versions) {
            SF_TRY(const auto version, read<Elf64_Vernaux>(auxiliary));
            names.push_back({version.vna_other, version.vna_name});
            auxiliary += version.vna_next;
        }
        if (library.vn_next == 0)
            break;
        offset += library.vn_next;
    }
    return names;
}

util::Status ElfImage::append_version_uses(std::vector<StringIndex>& uses) const
{
    SF_TRY(const auto needed, needed_versions());
    for (const auto& version : needed)
        uses.push_back(version.name);
    const auto address = dynamic_value(DT_VERDEF);
    if (!address)
        return {};
    SF_TRY(auto offset, offset_of_address(*address));
    for (auto left = dynamic_value(DT_VERDEFNUM).value_or(0); left > 0; --left) {
        SF_TRY(const auto definition, read<Elf64_Verdef>(offset));
        auto auxiliary = offset + definition.vd_aux;
        for (auto names = definition.vd_cnt; names > 0; --names) {
            SF_TRY(const auto name, read<Elf64_Verdaux>(auxiliary));
            uses.push_back(name.vda_name);
            auxiliary += name.vda_next;
        }
        if (definition.vd_next == 0)
            break;
        offset += definition.vd_next;
    }
    return {};
}

const Elf64_Shdr* ElfImage::section(Elf64_Word type) const
{
    const auto found = std::find_if(sections_.begin(), sections_.end(),
                                    [type](const Elf64_Shdr& section) { return section.sh_type == type; });
    return found == sections_.end() ? nullptr : &*found;
}

util::Result<std::vector<bool>> ElfImage::relocated_symbols(std::size_t count) const
{
    std::vector<bool> relocated(count, false);
    for (const auto& section : sections_) {
        if (section.sh_type != SHT_RELA || section.sh_link >= sections_.size() ||
            sections_[section.sh_link].sh_type != SHT_DYNSYM)
            continue;
        SF_TRY(const auto entries, read_table<Elf64_Rela>(section.sh_offset, section.sh_size / sizeof(Elf64_Rela)));
        for (const auto& entry : entries)
            if (ELF64_R_SYM(entry.r_info) < count)
                relocated[ELF64_R_SYM(entry.r_info)] = true;
    }
    return relocated;
}

util::Result<std::vector<ElfImage::Symbol>> ElfImage::symbols() const
{
    std::vector<Symbol> symbols;
    const auto* table = section(SHT_DYNSYM);
    if (table == nullptr && dynamic_value(DT_SYMTAB))
        return malformed("its section table names no dynamic symbols");
    if (table == nullptr)
        return symbols;
    SF_TRY(const auto entries, read_table<Elf64_Sym>(table->sh_offset, table->sh_size / sizeof(Elf64_Sym)));
    std::vector<Elf64_Versym> versions;
    if (const auto* numbers = section(SHT_GNU_versym)) {
        SF_TRY(versions, read_table<Elf64_Versym>(numbers->sh_offset, numbers->sh_size / sizeof(Elf64_Versym)));
    }
    SF_TRY(const auto used, relocated_symbols(entries.size()));
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const auto binding = ELF64_ST_BIND(entries[i].st_info);
        if (binding == STB_LOCAL)
            continue;
        constexpr unsigned hidden = 0x8000;
        const auto version = i < versions.size() ? versions[i] & ~hidden : VER_NDX_GLOBAL;
        const bool function = ELF64_ST_TYPE(entries[i].st_info) == STT_FUNC && entries[i].st_size > 0;
        symbols.push_back({entries[i].st_name, entries[i].st_shndx != SHN_UNDEF, binding == STB_WEAK, used[i], function,
                           entries[i].st_value, version > VER_NDX_GLOBAL, version});
    }
    return symbols;
}

util::Status ElfImage::append_symbol_names(std::vector<StringIndex>& uses) const
{
    const auto* table = section(SHT_DYNSYM);
    if (table == nullptr)
        return malformed("its section table names no dynamic symbols");
    SF_TRY(const auto symbols, read_table<Elf64_Sym>(table->sh_offset, table->sh_size / sizeof(Elf64_Sym)));
    for (const auto& symbol : symbols)
        uses.push_back(symbol.st_name);
    return {};
}

util::Result<std::vector<ElfImage::StringIndex>> ElfImage::string_uses_except(Elf64_Sxword except) const
{
    constexpr std::array<Elf64_Sxword, 9> named{DT_NEEDED, DT_SONAME, DT_RPATH,    DT_RUNPATH, DT_AUXILIARY,
                                                DT_FILTER, DT_CONFIG, DT_DEPAUDIT, DT_AUDIT};
    std::vector<StringIndex> uses;
    for (const auto& entry : dynamic_)
        if (entry.tag != except && std::find(named.begin(), named.end(), entry.tag) != named.end())
            uses.push_back(entry.value);
    SF_CHECK(append_version_uses(uses));
    SF_CHECK(append_symbol_names(uses));
    return uses;
}

} // namespace sf::relocate
