// What deploy, rollback and status have in common.
#pragma once

#include "app/cluster/deploy.hpp"

#include <CLI/CLI.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace sf::cli {

std::shared_ptr<app::HostOptions> add_host_options(CLI::App& command);
/// `role_help` says what no --role means.
std::shared_ptr<app::ActivationOptions> add_activation_options(CLI::App& command, const std::string& role_help);

/// The hosts with the same text, folded: "node[003,017]: text". A host's own name in the text makes no difference.
struct HostText {
    std::string host;
    std::string text;
};
[[nodiscard]] std::vector<std::pair<std::string, std::string>> by_text(const std::vector<HostText>& hosts);

} // namespace sf::cli
