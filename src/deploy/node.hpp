// One host, as the script on it (agent.hpp) says it is and does what it is told.
#pragma once

#include "deploy/archive.hpp"
#include "deploy/role.hpp"
#include "util/error.hpp"
#include "util/stop.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace sf::deploy {

class Channel;

/// How hosts are reached.
struct Transport {
    std::string ssh = "ssh";
    std::vector<std::string> ssh_options; ///< for its -o
    std::chrono::seconds connect_timeout{10};
    std::chrono::seconds stall{120}; ///< for an answer, and for each 64 KiB on the way
};

/// The host that is this one: no ssh.
inline constexpr const char* local_host = "localhost (no ssh)";

/// What lies below the prefix, and what runs of it.
struct HostState {
    std::uint64_t free_bytes = 0;
    std::set<std::string> programs;                ///< "gzip", "zstd"
    std::vector<std::string> versions;             ///< installed, newest first
    std::map<Role, std::string> links;             ///< version that each role has
    std::map<Role, std::string> previous;          ///< version that the link had before
    std::map<Role, std::set<std::string>> running; ///< versions that daemons run
    std::set<std::string> busy;                    ///< versions that any process runs

    [[nodiscard]] bool has(const std::string& version) const;
    /// Whether a link, a link's earlier target or a process needs the version.
    [[nodiscard]] bool uses(const std::string& version) const;
};

/// Errors of all calls: `deploy` with the reason for a person, in one line; interrupted.
class Node {
public:
    [[nodiscard]] static util::Result<Node> open(const Transport& transport, const std::string& host,
                                                 const std::string& prefix, const util::StopToken& stop);
    Node(Node&&) noexcept;
    Node& operator=(Node&&) noexcept;
    ~Node();

    [[nodiscard]] util::Result<HostState> probe();
    /// The manifests of the installed versions, by version; nobody has looked at them.
    [[nodiscard]] util::Result<std::map<std::string, std::string>> manifests();
    /// Layer to an installed version that has it.
    [[nodiscard]] util::Result<std::map<util::Digest, std::string>> installed_layers();
    /// Sends the whole archive and makes it a version.
    [[nodiscard]] util::Status install(const Archive& archive);
    /// The same, with the parts that the node has copied there; false when a copy is not what it should be, after
    /// which install() may follow.
    [[nodiscard]] util::Result<bool> install_delta(const Archive& archive,
                                                   const std::map<util::Digest, std::string>& there);
    /// Points the roles' links to installed versions: all of them at one moment, or none.
    [[nodiscard]] util::Status activate(const std::map<Role, std::string>& versions);
    [[nodiscard]] util::Status remove(const std::vector<std::string>& versions);
    /// The script is gone, and what it made for a time.
    [[nodiscard]] util::Status quit();
    [[nodiscard]] std::uint64_t sent() const;

private:
    explicit Node(std::unique_ptr<Channel> channel);
    static constexpr std::uint64_t most_of_an_answer = std::uint64_t{64} << 10U;
    /// `most_bytes`: that the answer may have.
    [[nodiscard]] util::Status ask(const std::string& line, std::uint64_t most_bytes = most_of_an_answer);
    /// The lines of the answer; an "error" one is the error.
    [[nodiscard]] util::Result<std::vector<std::string>> answer();
    [[nodiscard]] util::Result<bool> good_answer();
    [[nodiscard]] util::Status done();
    [[nodiscard]] util::Status greet(const std::string& prefix);
    [[nodiscard]] util::Result<bool> copy(const Archive& archive, const std::map<util::Digest, std::string>& there);
    /// Sends pieces of the archive, which together have the sums.
    [[nodiscard]] util::Status unpack(const Archive& archive, const std::vector<std::string_view>& pieces,
                                      const util::Digest& sha256, const std::string& blake2b);

    std::unique_ptr<Channel> channel_;
};

/// Bytes that a node which has these layers is sent.
[[nodiscard]] std::uint64_t delta_bytes(const Archive& archive, const std::map<util::Digest, std::string>& there);

} // namespace sf::deploy
