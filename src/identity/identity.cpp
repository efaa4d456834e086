#include "identity/identity.hpp"

#include "util/files/fs.hpp"

#include <cstdint>
#include <limits>
#include <sstream>
#include <string>

namespace sf::identity {
namespace {

/// One line of a map: ids `inside` and up are those `outside` and up.
struct Extent {
    std::uint64_t inside = 0;
    std::uint64_t outside = 0;
    std::uint64_t count = 0;
};

template <typename Judge> bool any_extent(std::string_view map, const Judge& judge)
{
    std::istringstream words{std::string(map)};
    for (Extent extent; words >> extent.inside >> extent.outside >> extent.count;)
        if (judge(extent))
            return true;
    return false;
}

/// A kernel without user namespaces has no such file, and all ids.
bool exists_in(const char* file, unsigned id)
{
    const auto map = util::read_file(file);
    return !map || maps_id(*map, id);
}

} // namespace

bool is_partial_map(std::string_view map)
{
    constexpr std::uint64_t all = std::numeric_limits<std::uint32_t>::max();
    return !any_extent(map, [](const Extent& extent) { return extent.inside == 0 && extent.count == all; });
}

bool maps_id(std::string_view map, unsigned id)
{
    return any_extent(map,
                      [id](const Extent& extent) { return id >= extent.inside && id - extent.inside < extent.count; });
}

bool in_user_namespace()
{
    static const bool inside = [] {
        const auto map = util::read_file("/proc/self/uid_map");
        return map && is_partial_map(*map);
    }();
    return inside;
}

bool has_builder()
{
    static const bool there =
        exists_in("/proc/self/uid_map", builder_uid) && exists_in("/proc/self/gid_map", builder_uid);
    return there;
}

unsigned builder()
{
    return has_builder() ? builder_uid : 0;
}

} // namespace sf::identity
