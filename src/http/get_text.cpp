#include "http/get_text.hpp"

#include "http/memory_sink.hpp"

#include <utility>

namespace sf::http {

tl::expected<Text, Failure> get_text(const Request& request, const Timing& timing, const Retry& retry,
                                     const TextLimits& limits, const util::StopToken& stop)
{
    Session session;
    return with_retries(retry, stop, [&]() -> tl::expected<Text, Failure> {
        MemorySink sink(limits.bytes, limits.longest);
        Exchange exchange(session, request, timing, stop);
        if (auto ran = exchange.run(sink); !ran)
            return tl::unexpected(std::move(ran).error());
        if (!exchange.succeeded())
            return tl::unexpected(status_failure(exchange.status()));
        auto links = exchange.headers("Link");
        return Text{sink.take(), links.empty() ? std::string() : std::move(links.front())};
    });
}

} // namespace sf::http
