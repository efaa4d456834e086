#include "source/reach.hpp"

#include <curl/curl.h>

#include <memory>

namespace sf::source {
namespace {

struct EasyFree {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};

int stop_when_asked(void* token, curl_off_t /*total*/, curl_off_t /*now*/, curl_off_t /*up_total*/,
                    curl_off_t /*up_now*/)
{
    return static_cast<const util::StopToken*>(token)->stop_requested() ? 1 : 0;
}

} // namespace

util::Result<bool> host_answers(const std::string& url, std::chrono::seconds timeout, const util::StopToken& stop)
{
    const std::unique_ptr<CURL, EasyFree> easy(curl_easy_init());
    if (!easy)
        return false;
    curl_easy_setopt(easy.get(), CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy.get(), CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(easy.get(), CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy.get(), CURLOPT_CONNECTTIMEOUT, static_cast<long>(timeout.count()));
    curl_easy_setopt(easy.get(), CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(easy.get(), CURLOPT_XFERINFOFUNCTION, &stop_when_asked);
    curl_easy_setopt(easy.get(), CURLOPT_XFERINFODATA, &stop);
    const auto code = curl_easy_perform(easy.get());
    SF_CHECK(stop.check());
    return code == CURLE_OK;
}

} // namespace sf::source
