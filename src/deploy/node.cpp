#include "deploy/node.hpp"

#include "deploy/agent.hpp"
#include "deploy/blake2b.hpp"
#include "deploy/channel.hpp"
#include "deploy/copies.hpp"
#include "deploy/shipped.hpp"
#include "util/terminal_text.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <charconv>

namespace sf::deploy {

namespace {

using util::ErrorCode;
using util::Result;
using util::Status;

constexpr std::size_t most_lines = 100'000;
constexpr std::uint64_t most_bytes_of_a_manifest = std::uint64_t{16} << 20U;
// What a host may print. Start files may say something; versions, links and processes are a line each.
constexpr std::uint64_t most_of_a_login = std::uint64_t{256} << 10U;
constexpr std::uint64_t most_of_a_probe = std::uint64_t{4} << 20U;
constexpr std::uint64_t most_of_manifests = std::uint64_t{64} << 20U;
constexpr std::size_t longest_version = 255;

/// Understood by any login shell: no newline, no quote within quotes, no exclamation mark. The script itself comes over
/// standard input; a shell that reads it from there would take what follows it for more of it.
std::string start_command()
{
    return fmt::format("exec sh -c 'eval \"$(dd bs={} count=1 iflag=fullblock 2>/dev/null)\"'", agent_sh().size());
}

std::vector<std::string> command_line(const Transport& transport, const std::string& host)
{
    if (host == local_host)
        return {"sh", "-c", start_command()};
    std::vector<std::string> argv = {transport.ssh, "-T", "-x", "-a"};
    const auto add = [&argv](std::string option) {
        argv.emplace_back("-o");
        argv.push_back(std::move(option));
    };
    for (const auto& option : transport.ssh_options) // of options that are said twice ssh takes the first
        add(option);
    add("BatchMode=yes");
    add(fmt::format("ConnectTimeout={}", transport.connect_timeout.count()));
    add("LogLevel=ERROR");
    argv.insert(argv.end(), {"--", host, start_command()});
    return argv;
}

std::uint64_t number(const std::string& text)
{
    std::uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

std::vector<std::string> words(const std::string& line)
{
    return util::split(line, ' ');
}

/// What a host says is for people to read, not for their terminals to obey.
std::string harmless(std::string_view said)
{
    return util::fit_columns(said, longest_quote);
}

tl::unexpected<util::Error> strange(const std::string& line)
{
    return util::fail(ErrorCode::deploy, fmt::format("the answer '{}' is not understood", harmless(line)));
}

/// Whether the name can be that of a version of ours. Other directories beside them are ignored.
bool may_be_version(const std::string& name)
{
    return !name.empty() && name.front() != '.' && name.front() != '-' && name.size() <= longest_version &&
           std::all_of(name.begin(), name.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                      std::string_view("._+~-").find(c) != std::string_view::npos;
           });
}

void take_fact(HostState& state, const std::vector<std::string>& fact)
{
    if (fact.size() > 1 && !may_be_version(fact.size() == 3 && fact[0] != "running" ? fact[2] : fact[1]))
        return;
    const auto role = fact.size() == 3 ? role_of_link(fact[1]) : std::nullopt;
    const auto daemon = fact.size() == 3 ? role_of_program(fact[2]) : std::nullopt;
    if (fact[0] == "free" && fact.size() == 2)
        state.free_bytes = number(fact[1]) * 1024;
    else if (fact[0] == "has" && fact.size() == 2)
        state.programs.insert(fact[1]);
    else if (fact[0] == "version" && fact.size() == 2)
        state.versions.push_back(fact[1]);
    else if (fact[0] == "link" && role)
        state.links[*role] = fact[2];
    else if (fact[0] == "previous" && role)
        state.previous[*role] = fact[2];
    else if (fact[0] == "running" && fact.size() == 3)
        state.busy.insert(fact[1]);
    if (fact[0] == "running" && daemon)
        state.running[*daemon].insert(fact[1]);
}

} // namespace

bool HostState::has(const std::string& version) const
{
    return std::find(versions.begin(), versions.end(), version) != versions.end();
}

bool HostState::uses(const std::string& version) const
{
    const auto names = [&version](const auto& one) { return one.second == version; };
    return std::any_of(links.begin(), links.end(), names) || std::any_of(previous.begin(), previous.end(), names) ||
           busy.contains(version);
}

Node::Node(std::unique_ptr<Channel> channel) : channel_(std::move(channel)) {}
Node::Node(Node&&) noexcept = default;
Node& Node::operator=(Node&&) noexcept = default;
Node::~Node() = default;

Result<Node> Node::open(const Transport& transport, const std::string& host, const std::string& prefix,
                        const util::StopToken& stop)
{
    SF_TRY(auto channel, Channel::start({command_line(transport, host), transport.stall, stop}));
    Node node(std::move(channel));
    SF_CHECK(node.greet(prefix));
    return node;
}

Status Node::greet(const std::string& prefix)
{
    channel_->expect(most_of_a_login);
    SF_CHECK(channel_->send(agent_sh()));
    SF_CHECK(channel_->send(prefix + "\n"));
    // What a login shell's start files print comes first.
    std::string said;
    while (true) {
        auto line = channel_->read_line();
        if (!line && line.error().code == ErrorCode::deploy && !said.empty())
            line.error().message += fmt::format("; its login printed '{}'", harmless(said));
        if (!line)
            return tl::unexpected(std::move(line).error());
        if (*line == agent_greeting)
            return {};
        said = std::move(*line);
    }
}

std::uint64_t Node::sent() const
{
    return channel_->sent();
}

Status Node::ask(const std::string& line, std::uint64_t most_bytes)
{
    channel_->expect(most_bytes);
    return channel_->send(line + "\n");
}

Result<std::vector<std::string>> Node::answer()
{
    std::vector<std::string> lines;
    while (true) {
        SF_TRY(auto line, channel_->read_line());
        if (line == "ok")
            return lines;
        if (line.starts_with("error "))
            return util::fail(ErrorCode::deploy, harmless(std::string_view(line).substr(line.find(' ') + 1)));
        if (lines.size() == most_lines)
            return strange(line);
        lines.push_back(std::move(line));
        if (lines.back().starts_with("bad "))
            return lines;
    }
}

Result<bool> Node::good_answer()
{
    SF_TRY(const auto lines, answer());
    return lines.empty();
}

Status Node::done()
{
    SF_TRY(const auto lines, answer());
    if (!lines.empty())
        return strange(lines.front());
    return {};
}

Result<HostState> Node::probe()
{
    SF_CHECK(ask("probe", most_of_a_probe));
    SF_TRY(const auto lines, answer());
    HostState state;
    for (const auto& line : lines)
        take_fact(state, words(line));
    return state;
}

Result<std::map<std::string, std::string>> Node::manifests()
{
    SF_CHECK(ask("manifests", most_of_manifests));
    std::map<std::string, std::string> there;
    while (true) {
        SF_TRY(const auto line, channel_->read_line());
        if (line == "ok")
            return there;
        if (line.starts_with("error "))
            return util::fail(ErrorCode::deploy, harmless(std::string_view(line).substr(line.find(' ') + 1)));
        const auto fact = words(line);
        if (fact.size() != 3 || fact[0] != "manifest" || !may_be_version(fact[1]) ||
            number(fact[2]) > most_bytes_of_a_manifest)
            return strange(line);
        SF_TRY(there[fact[1]], channel_->read_bytes(number(fact[2])));
    }
}

Result<std::map<util::Digest, std::string>> Node::installed_layers()
{
    SF_TRY(const auto texts, manifests());
    std::map<util::Digest, std::string> there;
    for (const auto& [version, text] : texts) {
        const auto shipped = read_shipped(text);
        if (!shipped)
            continue; // somebody else's version, or a damaged one: nothing is taken from it
        for (const auto& package : shipped->packages)
            there.emplace(package.layer, version);
    }
    return there;
}

Status Node::unpack(const Archive& archive, const std::vector<std::string_view>& pieces, const util::Digest& sha256,
                    const std::string& blake2b)
{
    std::uint64_t bytes = 0;
    for (const auto piece : pieces)
        bytes += piece.size();
    SF_CHECK(ask(fmt::format("unpack {} {} {} {}", archive.program(), bytes, sha256.to_hex(), blake2b)));
    for (const auto piece : pieces)
        SF_CHECK(channel_->send(piece));
    return done();
}

Status Node::install(const Archive& archive)
{
    SF_CHECK(ask("begin"));
    SF_CHECK(done());
    SF_CHECK(unpack(archive, {archive.file.text()}, archive.sha256, archive.blake2b));
    // Only now: a tar that was cut off between two members looks whole to the node.
    SF_CHECK(ask("commit " + archive.id()));
    return done();
}

Result<bool> Node::copy(const Archive& archive, const std::map<util::Digest, std::string>& there)
{
    const auto copies = plan_copies(archive, there);
    if (!copies)
        return false;
    for (const auto& [version, lists] : *copies) {
        SF_CHECK(ask(fmt::format("copy {} {} {} {} {} {} {}", version, lists.facts, lists.all.size(),
                                 lists.directories.size(), lists.files.size(), lists.links.size(), lists.sums.size())));
        for (const auto* list : {&lists.all, &lists.directories, &lists.files, &lists.links, &lists.sums})
            SF_CHECK(channel_->send(*list));
        SF_TRY(const bool copied, good_answer());
        if (!copied)
            return false;
    }
    return true;
}

Result<bool> Node::install_delta(const Archive& archive, const std::map<util::Digest, std::string>& there)
{
    SF_CHECK(ask("begin"));
    SF_CHECK(done());
    SF_TRY(const bool copied, copy(archive, there));
    if (!copied)
        return false;
    // After the copies: unpacking sets the times of the directories it adds to.
    std::vector<std::string_view> pieces;
    for (const auto& part : archive.parts)
        if (!there.contains(part.layer))
            pieces.push_back(archive.file.text().substr(part.offset, part.bytes));
    pieces.push_back(archive.file.text().substr(archive.tail_offset));
    util::Sha256 hash;
    for (const auto piece : pieces)
        hash.update(piece);
    SF_CHECK(unpack(archive, pieces, hash.finish(), blake2b(pieces)));
    SF_CHECK(ask("commit " + archive.id()));
    SF_CHECK(done());
    return true;
}

Status Node::activate(const std::map<Role, std::string>& versions)
{
    std::string line = "activate";
    for (const auto& [role, version] : versions)
        line += fmt::format(" {}={}", link_of(role), version);
    SF_CHECK(ask(line));
    return done();
}

Status Node::remove(const std::vector<std::string>& versions)
{
    SF_CHECK(ask("remove " + util::join(versions, " ")));
    return done();
}

Status Node::quit()
{
    SF_CHECK(ask("quit"));
    return done();
}

std::uint64_t delta_bytes(const Archive& archive, const std::map<util::Digest, std::string>& there)
{
    auto bytes = archive.file.text().size() - archive.tail_offset;
    for (const auto& part : archive.parts)
        if (!there.contains(part.layer))
            bytes += part.bytes;
    return bytes;
}

} // namespace sf::deploy
