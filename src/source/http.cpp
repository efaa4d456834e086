#include "source/http.hpp"

#include "http/retry.hpp"
#include "util/fs.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

namespace sf::source {

namespace {

HttpFailure failure(util::Error error)
{
    return HttpFailure{.error = std::move(error), .transient = false, .unreachable = false};
}

/// One request, into a file.
class Transfer : public http::BodySink {
public:
    Transfer(std::filesystem::path file, const OnProgress& on_progress) :
        file_(std::move(file)), on_progress_(on_progress)
    {
    }

    tl::expected<HttpDone, HttpFailure> run(const std::string& url, const HttpOptions& options,
                                            const util::StopToken& stop);
    util::Status begin(const http::Exchange& answer) override;
    util::Status write(std::string_view bytes) override;

private:
    util::Status open();
    util::Status restart_file();

    std::filesystem::path file_;
    const OnProgress& on_progress_;
    util::UniqueFd fd_;
    std::uint64_t offset_ = 0; ///< bytes in the file
    std::uint64_t total_ = 0;  ///< bytes there will be; 0: not known
    bool resumed_ = false;
};

util::Status Transfer::open()
{
    SF_TRY(fd_, util::open_file(file_, O_RDWR | O_CREAT, 0644));
    const auto end = ::lseek(fd_.get(), 0, SEEK_END);
    if (end < 0)
        return util::fail_errno(errno, "cannot read " + file_.string());
    offset_ = static_cast<std::uint64_t>(end);
    return {};
}

util::Status Transfer::restart_file()
{
    offset_ = 0;
    if (::ftruncate(fd_.get(), 0) != 0 || ::lseek(fd_.get(), 0, SEEK_SET) != 0)
        return util::fail_errno(errno, "cannot empty " + file_.string());
    return {};
}

util::Status Transfer::begin(const http::Exchange& answer)
{
    if (answer.status() == http::status_partial_content) {
        if (const auto start = answer.range_start(); start != offset_) {
            SF_CHECK(restart_file());
            return util::fail(util::ErrorCode::source, "the server sent another range than was asked for");
        }
        resumed_ = true;
    } else if (answer.status() == http::status_ok) {
        SF_CHECK(restart_file());
    } else {
        return util::fail(util::ErrorCode::source, fmt::format("unexpected HTTP status {}", answer.status()));
    }
    const auto length = answer.content_length();
    if (!length)
        return {};
    total_ = offset_ + *length;
    return util::require_space(file_.parent_path(), *length, "the download of " + file_.filename().string());
}

util::Status Transfer::write(std::string_view bytes)
{
    SF_CHECK(util::write_all(fd_.get(), bytes));
    offset_ += bytes.size();
    if (on_progress_)
        on_progress_(offset_, total_);
    return {};
}

tl::expected<HttpDone, HttpFailure> Transfer::run(const std::string& url, const HttpOptions& options,
                                                  const util::StopToken& stop)
{
    if (auto opened = open(); !opened)
        return tl::unexpected(failure(std::move(opened).error()));
    http::Request request{.url = url};
    // Not CURLOPT_RESUME_FROM: with it libcurl fails when a server ignores the range, and we can cope with that.
    if (offset_ > 0)
        request.headers.push_back(fmt::format("Range: bytes={}-", offset_));
    const http::Timing timing{.connect_timeout = options.connect_timeout, .stall_timeout = options.stall_timeout};
    http::Session session;
    http::Exchange exchange(session, request, timing, stop);
    if (auto ran = exchange.run(*this); !ran) {
        if (ran.error().error.code == util::ErrorCode::no_space)
            ::unlink(file_.c_str());
        return tl::unexpected(std::move(ran).error());
    }
    // Nothing follows what we have: it may be complete, and the checksum will tell.
    if (exchange.status() == http::status_range_not_satisfiable && offset_ > 0)
        return HttpDone{.resumed = true};
    if (!exchange.succeeded())
        return tl::unexpected(http::status_failure(exchange.status()));
    return HttpDone{.resumed = resumed_};
}

} // namespace

tl::expected<HttpDone, HttpFailure> download_http(const std::string& url, const std::filesystem::path& file,
                                                  const HttpOptions& options, const util::StopToken& stop,
                                                  const OnProgress& on_progress)
{
    return http::with_retries({.retries = options.retries, .first_pause = options.first_pause}, stop,
                              [&] { return Transfer(file, on_progress).run(url, options, stop); });
}

} // namespace sf::source
