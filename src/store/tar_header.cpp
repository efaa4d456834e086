#include "store/tar_header.hpp"

#include "store/layer_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <optional>

namespace sf::store {

namespace {

/// A field of the ustar header.
struct Field {
    std::size_t offset;
    std::size_t size;
};
constexpr Field name_field{0, 100};
constexpr Field mode_field{100, 8};
constexpr Field uid_field{108, 8};
constexpr Field gid_field{116, 8};
constexpr Field size_field{124, 12};
constexpr Field mtime_field{136, 12};
constexpr Field checksum_field{148, 8};
constexpr Field type_field{156, 1};
constexpr Field target_field{157, 100};
constexpr Field magic_field{257, 8};
constexpr Field device_major_field{329, 8};
constexpr Field device_minor_field{337, 8};
constexpr Field prefix_field{345, 155};

constexpr std::uint64_t largest_ustar_size = 077777777777;

constexpr std::array<char, 2 * tar_block> zeros{};

void put(std::string& block, Field field, std::string_view text)
{
    block.replace(field.offset, std::min(field.size, text.size()), text.substr(0, field.size));
}

/// Octal digits up to a final zero byte.
void put_number(std::string& block, Field field, std::uint64_t number)
{
    put(block, field, fmt::format("{:0{}o}", number, field.size - 1));
}

struct SplitPath {
    std::string_view prefix;
    std::string_view name;
};

/// The path in prefix and name, as GNU tar divides it; nullopt when it does not fit.
std::optional<SplitPath> split_path(std::string_view path)
{
    if (path.size() <= name_field.size)
        return SplitPath{{}, path};
    const auto slash = path.rfind('/', std::min(prefix_field.size, path.size() - 2));
    if (slash == std::string_view::npos || slash == 0 || path.size() - slash - 1 > name_field.size)
        return std::nullopt;
    return SplitPath{path.substr(0, slash), path.substr(slash + 1)};
}

std::string ustar_block(const SplitPath& path, const TarEntry& entry)
{
    constexpr std::uint64_t open_mode = 0755;
    constexpr std::uint64_t plain_mode = 0644;
    constexpr std::uint64_t link_mode = 0777;
    std::string block(tar_block, '\0');
    put(block, name_field, path.name);
    put(block, prefix_field, path.prefix);
    const bool open = entry.executable || entry.type == TarType::directory;
    put_number(block, mode_field, entry.type == TarType::symlink ? link_mode : open ? open_mode : plain_mode);
    put_number(block, uid_field, 0);
    put_number(block, gid_field, 0);
    put_number(block, size_field, entry.size <= largest_ustar_size ? entry.size : 0);
    put_number(block, mtime_field, source_date_epoch);
    put(block, type_field, std::string_view(reinterpret_cast<const char*>(&entry.type), 1));
    put(block, target_field, entry.link_target);
    put(block, magic_field, std::string_view("ustar\00000", 8));
    put_number(block, device_major_field, 0);
    put_number(block, device_minor_field, 0);
    put(block, checksum_field, "        ");
    const auto sum = std::accumulate(block.begin(), block.end(), 0U,
                                     [](unsigned total, char c) { return total + static_cast<unsigned char>(c); });
    put(block, checksum_field, fmt::format("{:06o}", sum));
    block[checksum_field.offset + checksum_field.size - 2] = '\0';
    return block;
}

/// "LENGTH key=value\n", where LENGTH counts itself.
std::string pax_record(std::string_view key, std::string_view value)
{
    const auto rest = key.size() + value.size() + 3; // blank, equals sign, newline
    auto length = rest + 1;
    while (rest + fmt::format("{}", length).size() != length)
        length = rest + fmt::format("{}", length).size();
    return fmt::format("{} {}={}\n", length, key, value);
}

} // namespace

std::string tar_header(const TarEntry& entry)
{
    const auto split = split_path(entry.path);
    std::string records;
    if (!split)
        records += pax_record("path", entry.path);
    if (entry.link_target.size() > target_field.size)
        records += pax_record("linkpath", entry.link_target);
    if (entry.size > largest_ustar_size)
        records += pax_record("size", fmt::format("{}", entry.size));
    auto block = ustar_block(split.value_or(SplitPath{{}, entry.path}), entry);
    if (records.empty())
        return block;
    const TarEntry extended{"PaxHeaders", TarType::extended, false, records.size(), {}};
    std::string header = ustar_block({{}, extended.path}, extended);
    header += records;
    header += tar_padding(records.size());
    return header + block;
}

std::string_view tar_padding(std::uint64_t size)
{
    const auto over = static_cast<std::size_t>(size % tar_block);
    return {zeros.data(), over == 0 ? 0 : tar_block - over};
}

std::string_view tar_end()
{
    return {zeros.data(), zeros.size()};
}

} // namespace sf::store
