#include "http/reach.hpp"

#include "http/libcurl.hpp"

#include <memory>

namespace sf::http {
namespace {

struct EasyFree {
    void operator()(CURL* handle) const { curl().easy_cleanup(handle); }
};

int stop_when_asked(void* token, curl_off_t /*total*/, curl_off_t /*now*/, curl_off_t /*up_total*/,
                    curl_off_t /*up_now*/)
{
    return static_cast<const util::StopToken*>(token)->stop_requested() ? 1 : 0;
}

} // namespace

util::Result<bool> host_answers(const std::string& url, std::chrono::seconds timeout, const util::StopToken& stop)
{
    SF_CHECK(load_curl());
    const std::unique_ptr<CURL, EasyFree> easy(curl().easy_init());
    if (!easy)
        return false;
    curl().easy_setopt(easy.get(), CURLOPT_URL, url.c_str());
    curl().easy_setopt(easy.get(), CURLOPT_CONNECT_ONLY, 1L);
    curl().easy_setopt(easy.get(), CURLOPT_NOSIGNAL, 1L);
    curl().easy_setopt(easy.get(), CURLOPT_CONNECTTIMEOUT, static_cast<long>(timeout.count()));
    curl().easy_setopt(easy.get(), CURLOPT_NOPROGRESS, 0L);
    curl().easy_setopt(easy.get(), CURLOPT_XFERINFOFUNCTION, &stop_when_asked);
    curl().easy_setopt(easy.get(), CURLOPT_XFERINFODATA, &stop);
    const auto code = curl().easy_perform(easy.get());
    SF_CHECK(stop.check());
    return code == CURLE_OK;
}

} // namespace sf::http
