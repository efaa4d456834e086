// One ELF file opened for reading, with every offset checked. Private to `relocate`.
#pragma once

#include "util/error.hpp"
#include "util/fd.hpp"

#include <elf.h>
#include <libelf.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sf::relocate {

/// Headers and dynamic section of a 64-bit little-endian file; of other files only machine() is known.
class ElfImage {
public:
    /// An entry of the dynamic section and where in the file it lies.
    struct Dynamic {
        Elf64_Sxword tag = 0;
        Elf64_Xword value = 0;
        std::uint64_t offset = 0;
    };
    /// A use of the dynamic string table: the place of the string below the table's start.
    using StringIndex = std::uint64_t;

    /// An entry of the dynamic symbol table that other files may see.
    struct Symbol {
        StringIndex name = 0;
        bool defined = false;
        bool weak = false;
        bool used = false;     ///< a relocation names it: the loader looks for those only
        bool function = false; ///< a function of its own, with code
        Elf64_Addr address = 0;
        bool versioned = false; ///< by the table of versions (https://refspecs.linuxfoundation.org/LSB_5.0.0,
                                ///< "Symbol Versioning")
        unsigned version = 0;   ///< number of that version in its file
    };

    /// A version needed from another library.
    struct NeededVersion {
        unsigned number = 0;  ///< Symbol::version of those that need it
        StringIndex name = 0; ///< "GLIBC_2.34"
    };

    /// nullopt when the file does not begin as an ELF file does.
    [[nodiscard]] static util::Result<std::optional<ElfImage>> open(const std::filesystem::path& path);

    /// The error for this file.
    [[nodiscard]] tl::unexpected<util::Error> malformed(std::string_view what) const;
    [[nodiscard]] Elf64_Half machine() const { return machine_; }
    /// Whether it is a program or a shared object.
    [[nodiscard]] bool is_loadable() const { return type_ == ET_EXEC || type_ == ET_DYN; }
    /// Whether it is no program that must lie at one address.
    [[nodiscard]] bool may_lie_anywhere() const { return type_ == ET_DYN; }
    [[nodiscard]] bool has_sections() const { return !sections_.empty(); }
    [[nodiscard]] bool has_segments() const { return !segments_.empty(); }
    /// PF_R, PF_W and PF_X of the first segment of a type, which need have no bytes; nullopt for none.
    [[nodiscard]] std::optional<Elf64_Word> segment_flags(Elf64_Word type) const;
    [[nodiscard]] bool has_dynamic_section() const { return dynamic_offset_.has_value(); }
    /// Up to DT_NULL.
    [[nodiscard]] const std::vector<Dynamic>& dynamic() const { return dynamic_; }
    [[nodiscard]] std::optional<Elf64_Xword> dynamic_value(Elf64_Sxword tag) const;

    /// Where the dynamic string table lies in the file.
    [[nodiscard]] std::uint64_t strings_offset() const { return strings_offset_; }
    [[nodiscard]] util::Result<std::string> string_at(StringIndex index) const;

    [[nodiscard]] util::Result<std::string> interpreter() const;
    /// Hexadecimal; empty for none.
    [[nodiscard]] util::Result<std::string> build_id() const;
    /// Bits of GNU_PROPERTY_X86_ISA_1_NEEDED (https://gitlab.com/x86-psABIs/x86-64-ABI); 0 for none.
    [[nodiscard]] util::Result<std::uint32_t> isa_needed() const;
    /// Bits of GNU_PROPERTY_X86_FEATURE_1_AND: the protections that all of its objects have; 0 for none.
    [[nodiscard]] util::Result<std::uint32_t> features_of_all() const;
    /// Where it starts; 0: nowhere.
    [[nodiscard]] Elf64_Addr entry() const { return entry_; }
    /// What the file has at an address, at most `most` bytes; empty where it has nothing.
    [[nodiscard]] std::string_view bytes_of_address(Elf64_Addr address, std::size_t most) const;
    /// Bytes of machine code, by its sections.
    [[nodiscard]] std::uint64_t code_bytes() const;
    [[nodiscard]] util::Result<std::vector<NeededVersion>> needed_versions() const;
    /// An error where the loader finds dynamic symbols and no section has them.
    [[nodiscard]] util::Result<std::vector<Symbol>> symbols() const;
    /// Everything that refers to the dynamic string table, but for the entries `except`.
    [[nodiscard]] util::Result<std::vector<StringIndex>> string_uses_except(Elf64_Sxword except) const;

private:
    /// A note whose owner is "GNU".
    struct Note {
        Elf64_Word type = 0;
        std::string_view value;
    };
    struct EndElf {
        void operator()(Elf* elf) const { elf_end(elf); }
    };

    ElfImage(std::filesystem::path path, util::UniqueFd fd, Elf* elf);
    [[nodiscard]] util::Status read_headers();
    [[nodiscard]] util::Status read_dynamic();
    [[nodiscard]] std::optional<Elf64_Phdr> segment(Elf64_Word type) const;
    /// Split-off debug information keeps the program headers of the original, without what they point at.
    [[nodiscard]] bool is_emptied(const Elf64_Phdr& segment) const;
    [[nodiscard]] util::Result<std::uint64_t> offset_of_address(Elf64_Addr address) const;
    /// Bounds what is read in all. Of what a linker wrote each byte is read a few times; where tables overlap, a small
    /// file says gigabytes.
    [[nodiscard]] util::Status count_read(std::uint64_t size) const;
    [[nodiscard]] util::Result<std::string_view> bytes_at(std::uint64_t offset, std::uint64_t size) const;
    [[nodiscard]] util::Result<std::vector<Note>> notes() const;
    /// All bits of one property of x86_64; 0 where no note has it.
    [[nodiscard]] util::Result<std::uint32_t> property(std::uint32_t wanted) const;
    [[nodiscard]] util::Status append_notes(std::uint64_t offset, std::uint64_t size, std::uint64_t alignment,
                                            std::vector<Note>& notes) const;
    template <typename T> [[nodiscard]] util::Result<T> read(std::uint64_t offset) const;
    template <typename T>
    [[nodiscard]] util::Result<std::vector<T>> read_table(std::uint64_t offset, std::uint64_t count) const;
    [[nodiscard]] util::Status append_version_uses(std::vector<StringIndex>& uses) const;
    /// Of `count` dynamic symbols, whether a relocation names them.
    [[nodiscard]] util::Result<std::vector<bool>> relocated_symbols(std::size_t count) const;
    [[nodiscard]] const Elf64_Shdr* section(Elf64_Word type) const;
    [[nodiscard]] util::Status append_symbol_names(std::vector<StringIndex>& uses) const;

    std::filesystem::path path_;
    util::UniqueFd fd_;
    std::unique_ptr<Elf, EndElf> elf_; ///< freed before the descriptor is closed
    std::string_view bytes_;           ///< the whole file
    Elf64_Half machine_ = EM_NONE;
    Elf64_Half type_ = ET_NONE;
    Elf64_Addr entry_ = 0;
    std::vector<Elf64_Phdr> segments_;
    std::vector<Elf64_Shdr> sections_;
    std::optional<std::uint64_t> dynamic_offset_;
    std::vector<Dynamic> dynamic_;
    std::uint64_t strings_offset_ = 0;
    std::string_view strings_;       ///< the dynamic string table
    mutable std::uint64_t read_ = 0; ///< count_read()
};

} // namespace sf::relocate
