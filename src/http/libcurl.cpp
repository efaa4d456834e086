#include "http/libcurl.hpp"

#include <dlfcn.h>
#include <unistd.h>

#include <array>

namespace sf::http {

namespace {

#ifdef SF_STATIC
/// Where distributions have the certificates that they trust.
constexpr std::array certificate_files = {
    "/etc/ssl/certs/ca-certificates.crt",                // Debian, Ubuntu, Arch
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", // Red Hat, Fedora
    "/etc/pki/tls/certs/ca-bundle.crt",                  // Red Hat's older place
    "/etc/ssl/ca-bundle.pem",                            // SUSE
};
#else
constexpr const char* library_name = "libcurl.so.4";
#endif

LibCurl loaded{};

util::Error load_error(std::string message)
{
    return util::Error{util::ErrorCode::failure, std::move(message), "install libcurl4", {}};
}

#ifdef SF_STATIC

/// libcurl is part of the program.
util::Status find_all()
{
    loaded = {
        .global_init = &::curl_global_init,
        .free = &::curl_free,
        .slist_append = &::curl_slist_append,
        .slist_free_all = &::curl_slist_free_all,
        .easy_init = &::curl_easy_init,
        .easy_cleanup = &::curl_easy_cleanup,
        .easy_setopt = &::curl_easy_setopt,
        .easy_getinfo = &::curl_easy_getinfo,
        .easy_header = &::curl_easy_header,
        .easy_perform = &::curl_easy_perform,
        .easy_strerror = &::curl_easy_strerror,
        .multi_init = &::curl_multi_init,
        .multi_cleanup = &::curl_multi_cleanup,
        .multi_add_handle = &::curl_multi_add_handle,
        .multi_remove_handle = &::curl_multi_remove_handle,
        .multi_perform = &::curl_multi_perform,
        .multi_poll = &::curl_multi_poll,
        .multi_info_read = &::curl_multi_info_read,
        .multi_strerror = &::curl_multi_strerror,
        .url = &::curl_url,
        .url_cleanup = &::curl_url_cleanup,
        .url_get = &::curl_url_get,
        .url_set = &::curl_url_set,
    };
    return {};
}

#else

/// Looks functions up, and remembers the first that is missing.
class Functions {
public:
    explicit Functions(void* library) : library_(library) {}

    template <typename Function> void find(Function*& function, const char* name)
    {
        // POSIX guarantees that the pointer dlsym() gives is one to a function.
        function = reinterpret_cast<Function*>(dlsym(library_, name)); // NOLINT(*-reinterpret-cast)
        if (function == nullptr && missing_ == nullptr)
            missing_ = name;
    }
    [[nodiscard]] const char* missing() const { return missing_; }

private:
    void* library_;
    const char* missing_ = nullptr;
};

util::Status find_all()
{
    void* library = dlopen(library_name, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
        const char* reason = dlerror();
        return tl::unexpected(load_error(reason != nullptr ? reason : library_name));
    }
    Functions functions(library);
    functions.find(loaded.global_init, "curl_global_init");
    functions.find(loaded.free, "curl_free");
    functions.find(loaded.slist_append, "curl_slist_append");
    functions.find(loaded.slist_free_all, "curl_slist_free_all");
    functions.find(loaded.easy_init, "curl_easy_init");
    functions.find(loaded.easy_cleanup, "curl_easy_cleanup");
    functions.find(loaded.easy_setopt, "curl_easy_setopt");
    functions.find(loaded.easy_getinfo, "curl_easy_getinfo");
    functions.find(loaded.easy_header, "curl_easy_header");
    functions.find(loaded.easy_perform, "curl_easy_perform");
    functions.find(loaded.easy_strerror, "curl_easy_strerror");
    functions.find(loaded.multi_init, "curl_multi_init");
    functions.find(loaded.multi_cleanup, "curl_multi_cleanup");
    functions.find(loaded.multi_add_handle, "curl_multi_add_handle");
    functions.find(loaded.multi_remove_handle, "curl_multi_remove_handle");
    functions.find(loaded.multi_perform, "curl_multi_perform");
    functions.find(loaded.multi_poll, "curl_multi_poll");
    functions.find(loaded.multi_info_read, "curl_multi_info_read");
    functions.find(loaded.multi_strerror, "curl_multi_strerror");
    functions.find(loaded.url, "curl_url");
    functions.find(loaded.url_cleanup, "curl_url_cleanup");
    functions.find(loaded.url_get, "curl_url_get");
    functions.find(loaded.url_set, "curl_url_set");
    if (const char* missing = functions.missing())
        return tl::unexpected(load_error(fmt::format("{} has no {}", library_name, missing)));
    return {};
}

#endif

util::Status load()
{
    SF_CHECK(find_all());
    if (loaded.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return tl::unexpected(load_error("libcurl cannot be initialised"));
    return {};
}

} // namespace

util::Status load_curl()
{
    static const util::Status status = load();
    return status;
}

const LibCurl& curl()
{
    return loaded;
}

const char* certificates()
{
#ifdef SF_STATIC
    for (const char* file : certificate_files)
        if (::access(file, R_OK) == 0)
            return file;
    return certificate_files.front(); // for the message that it is missing
#else
    return nullptr;
#endif
}

} // namespace sf::http
