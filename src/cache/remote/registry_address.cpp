#include "cache/remote/registry.hpp"

#include <regex>

namespace sf::cache {

namespace {

constexpr const char* plain_http_option = "?plain-http";

bool is_loopback(std::string_view registry)
{
    const auto host =
        registry.starts_with('[') ? registry.substr(0, registry.find(']') + 1) : registry.substr(0, registry.find(':'));
    return host == "localhost" || host == "127.0.0.1" || host == "[::1]";
}

tl::unexpected<util::Error> bad_address(std::string_view why)
{
    return util::fail(util::ErrorCode::usage, fmt::format("this is not a registry address: {}", why),
                      "write oci://host[:port]/repository; credentials come from 'docker login' and the like");
}

} // namespace

util::Result<RegistryAddress> RegistryAddress::parse(const std::string& where)
{
    // distribution-spec, "Pulling manifests"; a host is a name, an IPv4 or a bracketed IPv6 address.
    static const std::regex grammar(
        R"(([A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])(:[0-9]{1,5})?/([a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*))");
    constexpr std::size_t longest = 512;
    std::string rest =
        where.starts_with(registry_scheme) ? where.substr(std::string_view(registry_scheme).size()) : where;
    RegistryAddress address;
    if (rest.ends_with(plain_http_option)) {
        address.plain_http = true;
        rest.resize(rest.size() - std::string_view(plain_http_option).size());
    }
    if (rest.find('@') != std::string::npos)
        return bad_address("it has a user name or a digest in it");
    std::smatch parts;
    if (rest.size() > longest || !std::regex_match(rest, parts, grammar))
        return bad_address(where);
    address.registry = parts[1].str() + parts[2].str();
    address.repository = parts[3].str();
    address.plain_http = address.plain_http || is_loopback(address.registry);
    return address;
}

std::string RegistryAddress::origin() const
{
    return (plain_http ? "http://" : "https://") + registry;
}

} // namespace sf::cache
