#include "lxd/socket.hpp"

#include "util/fd.hpp"
#include "util/files/fs.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace sf::lxd {
namespace {

namespace stdfs = std::filesystem;
using util::ErrorCode;

/// 0, or why no daemon answers there.
int try_connect(const stdfs::path& path)
{
    struct sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    if (path.native().size() >= sizeof address.sun_path)
        return ENAMETOOLONG;
    std::copy(path.native().begin(), path.native().end(), std::begin(address.sun_path));
    const util::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    // connect(2) takes every kind of address through one pointer type.
    if (!fd || ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) // NOLINT
        return errno;
    return 0;
}

} // namespace

std::vector<stdfs::path> usual_sockets(const std::function<const char*(const char* name)>& variable)
{
    std::vector<stdfs::path> sockets;
    auto add = [&](const char* name, const char* file) {
        if (const char* value = variable(name); value != nullptr && *value != '\0')
            sockets.push_back(*file == '\0' ? stdfs::path(value) : stdfs::path(value) / file);
    };
    add("LXD_SOCKET", "");
    add("LXD_DIR", "unix.socket");
    add("INCUS_SOCKET", "");
    add("INCUS_DIR", "unix.socket");
    for (const auto* directory : {"/var/lib/lxd", "/var/snap/lxd/common/lxd", "/var/lib/incus", "/run/incus"})
        sockets.push_back(stdfs::path(directory) / "unix.socket");
    return sockets;
}

util::Result<stdfs::path> find_socket(const stdfs::path& socket)
{
    auto chosen = socket;
    if (chosen.empty()) {
        const auto all = usual_sockets([](const char* name) { return std::getenv(name); }); // NOLINT(concurrency-*)
        const auto found =
            std::find_if(all.begin(), all.end(), [](const auto& path) { return util::path_exists(path); });
        if (found == all.end())
            return util::fail(ErrorCode::sandbox, "no LXD or Incus daemon is running here: none of its sockets exists",
                              "install and start one (apt-get install lxd; lxd init --minimal), or name its socket "
                              "in LXD_SOCKET");
        chosen = *found;
    }
    const int error = try_connect(chosen);
    if (error == 0)
        return chosen;
    std::string hint = "start the daemon (systemctl start lxd or incus), or name another socket in LXD_SOCKET";
    if (error == EACCES || error == EPERM)
        hint = "run as root, or be a member of the group that owns the socket (lxd or incus-admin)";
    if (error == ENAMETOOLONG)
        hint = "the kernel takes socket paths of up to 107 bytes";
    return util::fail(ErrorCode::sandbox,
                      fmt::format("the LXD daemon at {} does not answer: {}", chosen.string(),
                                  std::strerror(error)), // NOLINT(concurrency-mt-unsafe)
                      hint);
}

} // namespace sf::lxd
