#include "image/making.hpp"

#include "identity/identity.hpp"
#include "identity/user_namespace.hpp"
#include "util/files/directory.hpp"
#include "util/files/lock_wait.hpp"

#include <unistd.h>

#include <thread>
#include <vector>

namespace sf::image {

namespace stdfs = std::filesystem;

std::string log_name(const std::string& image)
{
    return fmt::format("image-{}.log", image);
}

stdfs::path home_of(const site::Site& site, const util::Digest& digest)
{
    return site.images() / digest.to_hex();
}

stdfs::path use_lock(const site::Site& site, const util::Digest& digest)
{
    return site.images() / "locks" / digest.to_hex();
}

void clear_away(const stdfs::path& images, std::string_view prefix)
{
    constexpr int attempts = 20;
    for (const auto& path : util::readable_paths_in(images)) {
        if (!path.filename().string().starts_with(prefix))
            continue;
        for (int attempt = 0; attempt < attempts && !util::remove_tree(path); ++attempt)
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
}

util::Result<util::FileLock> lock_making(const stdfs::path& path, const std::string& name, event::Sink& events,
                                         const util::StopToken& stop)
{
    return util::wait_for_lock(path, stop, [&] {
        events.on_event(event::Message{event::Message::Level::info,
                                       fmt::format("waiting for another slurm-factory that makes image '{}'", name)});
    });
}

util::Status check_may_make()
{
    if (::geteuid() != 0 || !identity::has_builder())
        return tl::unexpected<util::Error>(
            {util::ErrorCode::sandbox,
             "a base image has files of several users, and its maker must be able to act for them",
             identity::how_to_have_builder(),
             {},
             util::Reason::cannot_make_images});
    return {};
}

} // namespace sf::image
