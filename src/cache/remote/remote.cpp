#include "cache/remote/remote.hpp"

#include "cache/remote/directory_remote.hpp"
#include "cache/remote/http_remote.hpp"
#include "cache/remote/registry.hpp"
#include "http/url.hpp"

#include <cstdlib>

namespace sf::cache {

std::vector<std::filesystem::path> default_credential_files()
{
    std::vector<std::filesystem::path> files;
    const auto add = [&](const char* variable, const char* below) {
        const char* value = std::getenv(variable); // NOLINT(concurrency-mt-unsafe): nobody changes the environment
        if (value != nullptr && *value != '\0')
            files.push_back(std::filesystem::path(value) / below);
    };
    if (const char* file = std::getenv("REGISTRY_AUTH_FILE"); file != nullptr && *file != '\0') // NOLINT(*-mt-unsafe)
        files.emplace_back(file);
    add("DOCKER_CONFIG", "config.json");
    add("HOME", ".docker/config.json");
    add("XDG_RUNTIME_DIR", "containers/auth.json");
    return files;
}

util::Result<std::unique_ptr<Remote>> open_remote(const std::string& where, RemoteOptions options)
{
    if (where.starts_with(registry_scheme)) {
        SF_TRY(auto address, RegistryAddress::parse(where));
        return std::make_unique<Registry>(std::move(address), std::move(options));
    }
    if (http::is_http(where)) {
        auto base = where;
        while (base.ends_with('/'))
            base.pop_back();
        return std::make_unique<HttpRemote>(std::move(base), std::move(options));
    }
    if (auto path = http::local_path(where))
        return std::make_unique<DirectoryRemote>(std::move(*path));
    return util::fail(util::ErrorCode::usage,
                      fmt::format("'{}' cannot be a binary cache", http::without_password(where)),
                      "write /path, file:///path, https://host/path or oci://host/repository");
}

} // namespace sf::cache
