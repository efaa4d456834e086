// What `source` and those above it need to know about URLs.
#pragma once

#include "http/url.hpp"

namespace sf::source {

using http::is_http;
using http::local_path;
using http::percent_decode;
using http::percent_encode;
using http::url_host;
using http::without_password;

} // namespace sf::source
