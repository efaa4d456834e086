// The site's binary caches, in their order.
#pragma once

#include "app/session/session.hpp"
#include "cache/remote/remote.hpp"
#include "cache/trust.hpp"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace sf::app {

/// How this site talks to remotes.
[[nodiscard]] cache::RemoteOptions remote_options(const site::Site& site);

/// A place to take things from is never a reason to fail: one that cannot be reached is warned of once and passed over
/// from then on, what is unsigned, altered or damaged is not used, and warned of once for each fault. Thread-safe.
class Remotes {
public:
    /// Empty where the site names no remote, or is offline and they are not directories, or has no key to trust.
    /// Errors: usage, recipe (a key of the ring that is none).
    [[nodiscard]] static util::Result<std::unique_ptr<Remotes>> open(const Session& session);

    [[nodiscard]] bool empty() const { return places_.empty(); }

    /// The answer of the first remote that has one; nullopt where none has. `what` is asked for, for warnings. Errors
    /// are those of this machine: no_space, permission, interrupted.
    template <typename Answer>
    [[nodiscard]] util::Result<std::optional<Answer>>
    first(const std::string& what, const std::function<util::Result<std::optional<Answer>>(cache::Remote&)>& ask)
    {
        for (const auto& place : places_) {
            if (place->given_up)
                continue;
            auto answer = ask(*place->remote);
            if (!answer)
                SF_CHECK(pass_over(*place, what, answer.error()));
            else if (*answer)
                return answer;
        }
        return std::optional<Answer>();
    }

    /// Checks that the manifest's signer is trusted, if the site requires it. `what` begins the error's context.
    [[nodiscard]] util::Status check_signature(cache::Remote& remote, const util::Digest& manifest,
                                               const std::string& what) const;

    /// For unsigned entries: error verify if the claimed size is larger than the free space in `directory`, so that a
    /// false size is a fault of the cache and not a full disk.
    [[nodiscard]] util::Status check_size(std::uint64_t bytes, const std::filesystem::path& directory) const;

private:
    struct Place {
        std::unique_ptr<cache::Remote> remote;
        std::atomic<bool> given_up = false;
    };

    explicit Remotes(const Session& session) : session_(session) {}
    [[nodiscard]] util::Status pass_over(Place& place, const std::string& what, const util::Error& error);
    /// Only once for each `about`.
    void warn(const std::string& about, std::string text);

    const Session& session_;
    cache::KeyRing ring_;
    std::vector<std::unique_ptr<Place>> places_;
    std::mutex mutex_;
    std::set<std::string> warned_;
};

} // namespace sf::app
