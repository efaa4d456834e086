// What a host answers to `deploy`, from its login on: here a program that says it all at once and ends.
#include "deploy/node.hpp"

#include "deploy/agent.hpp"
#include "fuzz/scratch.hpp"
#include "util/files/fs.hpp"

#include <string>

namespace {

/// In the place of ssh; it prints the file that file_with() writes.
const std::filesystem::path& program()
{
    static const auto path = [] {
        auto place = sf::fuzz::file_with("").parent_path() / "ssh";
        const auto text = "#!/bin/sh\nexec cat '" + sf::fuzz::file_with("").string() + "'\n";
        sf::fuzz::require(sf::util::write_file_atomic(place, text, 0755).has_value(), "the program is written");
        return place;
    }();
    return path;
}

bool is_one_name(const std::string& version)
{
    return !version.empty() && version.find('/') == std::string::npos && version != "..";
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    using sf::fuzz::require;
    sf::deploy::Transport transport;
    transport.ssh = program();
    const auto said = std::string(sf::deploy::agent_greeting) + "\n" + std::string(sf::fuzz::text_of(bytes, size));
    static_cast<void>(sf::fuzz::file_with(said));
    auto node = sf::deploy::Node::open(transport, "node", "/opt/slurm", sf::util::StopToken());
    require(node.has_value(), "the greeting is understood");
    if (const auto state = node->probe()) {
        for (const auto& version : state->versions)
            require(is_one_name(version), "a version is one name");
        for (const auto& [role, version] : state->links)
            require(version.empty() || is_one_name(version), "a link leads to one name");
    } else {
        require(state.error().code == sf::util::ErrorCode::deploy, "an answer that is none is the host's fault");
    }
    if (const auto layers = node->installed_layers())
        for (const auto& [layer, version] : *layers)
            require(is_one_name(version), "a version is one name");
    static_cast<void>(node->remove({"24.11.5-000000000000"}));
    static_cast<void>(node->quit());
    return 0;
}
