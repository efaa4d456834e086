// Archives of strangers on their way to disk: a software tarball for `verify`, and a layer of somebody else's image
// over a root file system that has links in it.
#include "fuzz/scratch.hpp"
#include "image/system_tree.hpp"
#include "util/stop.hpp"
#include "verify/unpack_tarball.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    const auto text = sf::fuzz::text_of(bytes, size);
    // Those run xz(1) and bzip2(1), which are not what is to be tested.
    if (text.starts_with("\xfd"
                         "7zXZ") ||
        text.starts_with("BZh"))
        return 0;
    const auto& file = sf::fuzz::file_with(text);
    static_cast<void>(sf::verify::unpack(file, sf::fuzz::empty_directory(), false));
    sf::fuzz::require_confined();

    const auto& rootfs = sf::fuzz::empty_directory();
    std::filesystem::create_directory(rootfs / "etc");
    std::filesystem::create_symlink("..", rootfs / "out");
    std::filesystem::create_symlink("../sentinel", rootfs / "file");
    static_cast<void>(sf::image::unpack_system(file, rootfs, sf::util::StopToken()));
    sf::fuzz::require_confined();
    return 0;
}
