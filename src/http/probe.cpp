#include "http/probe.hpp"

#include <ctime>

namespace sf::http {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_between(Clock::time_point from, Clock::time_point to)
{
    return std::chrono::duration<double>(to - from).count();
}

/// Counts, and breaks off when that is enough.
class Measure : public BodySink {
public:
    explicit Measure(const ProbeLimits& limits) : limits_(limits) {}

    util::Status begin(const Exchange& /*answer*/) override
    {
        began_ = Clock::now();
        return {};
    }
    util::Status write(std::string_view bytes) override
    {
        bytes_ += bytes.size();
        if (bytes_ < limits_.bytes && Clock::now() - *began_ < limits_.longest)
            return {};
        return util::fail(util::ErrorCode::source, {}, util::Reason::enough_read);
    }

    [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
    [[nodiscard]] std::optional<Clock::time_point> began() const { return began_; }

private:
    const ProbeLimits& limits_;
    std::optional<Clock::time_point> began_;
    std::uint64_t bytes_ = 0;
};

} // namespace

std::optional<std::chrono::system_clock::time_point> parse_http_date(std::string_view text)
{
    const std::string copy(text);
    std::tm parts = {};
    // The names are English whatever the user speaks: this program never leaves the locale "C".
    const char* end = ::strptime(copy.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    if (end == nullptr || *end != '\0')
        return std::nullopt;
    return std::chrono::system_clock::from_time_t(::timegm(&parts));
}

tl::expected<Probe, Failure> probe(const std::string& url, const ProbeLimits& limits, const util::StopToken& stop)
{
    const Request request{.url = url, .headers = {"Range: bytes=0-" + std::to_string(limits.bytes - 1)}};
    const Timing timing{.connect_timeout = limits.connect_timeout, .stall_timeout = limits.connect_timeout};
    Session session;
    Exchange exchange(session, request, timing, stop);
    Measure measure(limits);
    const auto start = Clock::now();
    const auto ran = exchange.run(measure);
    const auto end = Clock::now();
    if (!ran && ran.error().error.reason != util::Reason::enough_read)
        return tl::unexpected(ran.error());
    Probe result;
    result.status = exchange.status();
    result.bytes = measure.bytes();
    const auto began = measure.began().value_or(end);
    result.answer_seconds = seconds_between(start, began);
    result.transfer_seconds = seconds_between(began, end);
    if (const auto dates = exchange.headers("Date"); !dates.empty())
        result.server_time = parse_http_date(dates.back());
    return result;
}

} // namespace sf::http
