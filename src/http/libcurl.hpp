// libcurl, loaded when the first request is made. It brings thirty libraries with it (TLS, Kerberos, LDAP), and loading
// them would take as long as all the rest of a command that sends no request. A statically linked program (SF_STATIC)
// contains it.
#pragma once

#include "util/error.hpp"

#include <curl/curl.h>

namespace sf::http {

/// The functions of libcurl that we use, under its names without "curl_" (https://curl.se/libcurl/c/allfuncs.html).
struct LibCurl {
    decltype(&::curl_global_init) global_init;
    decltype(&::curl_free) free;
    decltype(&::curl_slist_append) slist_append;
    decltype(&::curl_slist_free_all) slist_free_all;
    decltype(&::curl_easy_init) easy_init;
    decltype(&::curl_easy_cleanup) easy_cleanup;
    decltype(&::curl_easy_setopt) easy_setopt;
    decltype(&::curl_easy_getinfo) easy_getinfo;
    decltype(&::curl_easy_header) easy_header;
    decltype(&::curl_easy_perform) easy_perform;
    decltype(&::curl_easy_strerror) easy_strerror;
    decltype(&::curl_multi_init) multi_init;
    decltype(&::curl_multi_cleanup) multi_cleanup;
    decltype(&::curl_multi_add_handle) multi_add_handle;
    decltype(&::curl_multi_remove_handle) multi_remove_handle;
    decltype(&::curl_multi_perform) multi_perform;
    decltype(&::curl_multi_poll) multi_poll;
    decltype(&::curl_multi_info_read) multi_info_read;
    decltype(&::curl_multi_strerror) multi_strerror;
    decltype(&::curl_url) url;
    decltype(&::curl_url_cleanup) url_cleanup;
    decltype(&::curl_url_get) url_get;
    decltype(&::curl_url_set) url_set;
};

/// Loads and initialises libcurl, once for the process; it is never unloaded, because threads may be using it at exit.
/// Fails (code failure) when it is not installed or lacks a function; the same error each time.
[[nodiscard]] util::Status load_curl();
/// The system's file of trusted certificates, which a libcurl inside the program must be told; where it would be, if
/// there is none. nullptr: the distribution's libcurl knows it.
[[nodiscard]] const char* certificates();
/// Only after load_curl() has succeeded.
[[nodiscard]] const LibCurl& curl();

} // namespace sf::http
