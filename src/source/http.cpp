#include "source/http.hpp"

#include "util/files/fs.hpp"
#include "util/text.hpp"

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
    Transfer(std::filesystem::path file, const HttpOptions& options, const OnProgress& on_progress) :
        file_(std::move(file)), options_(options), on_progress_(on_progress)
    {
    }

    tl::expected<HttpDone, HttpFailure> run(const std::string& url, const util::StopToken& stop);
    util::Status begin(const http::Exchange& answer) override;
    util::Status write(std::string_view bytes) override;

private:
    util::Status open();
    util::Status restart_file();
    util::Status bound_unknown_length();
    [[nodiscard]] tl::unexpected<util::Error> too_large() const;

    std::filesystem::path file_;
    const HttpOptions& options_;
    const OnProgress& on_progress_;
    util::UniqueFd fd_;
    std::uint64_t offset_ = 0; ///< bytes in the file
    std::uint64_t total_ = 0;  ///< bytes there will be; 0: not known
    std::uint64_t space_ = 0;  ///< bytes the file may have so that others have space, too; 0: not limited
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

/// Asking again would bring it again: not an error of code source.
tl::unexpected<util::Error> Transfer::too_large() const
{
    return util::fail(util::ErrorCode::verify,
                      fmt::format("the file is larger than {}", util::human_bytes(options_.largest)),
                      "put larger files into a mirror directory");
}

/// What does not end must not fill the file system.
util::Status Transfer::bound_unknown_length()
{
    SF_TRY(const auto available, util::free_space(file_.parent_path()));
    space_ = offset_ + available / 2;
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
        return bound_unknown_length();
    if (*length > options_.largest || offset_ + *length > options_.largest)
        return too_large();
    total_ = offset_ + *length;
    return util::require_space(file_.parent_path(), *length, "the download of " + file_.filename().string());
}

util::Status Transfer::write(std::string_view bytes)
{
    if (offset_ + bytes.size() > options_.largest)
        return too_large();
    if (space_ > 0 && offset_ + bytes.size() > space_)
        return util::fail(util::ErrorCode::no_space,
                          fmt::format("not enough space in {} for a download of unknown length: it was ended after {}",
                                      file_.parent_path().string(), util::human_bytes(offset_)),
                          util::Reason::place_full);
    SF_CHECK(util::write_all(fd_.get(), bytes));
    offset_ += bytes.size();
    if (on_progress_)
        on_progress_(offset_, total_);
    return {};
}

tl::expected<HttpDone, HttpFailure> Transfer::run(const std::string& url, const util::StopToken& stop)
{
    if (auto opened = open(); !opened)
        return tl::unexpected(failure(std::move(opened).error()));
    http::Request request{.url = url};
    // Not CURLOPT_RESUME_FROM: with it libcurl fails when a server ignores the range, and we can cope with that.
    if (offset_ > 0)
        request.headers.push_back(fmt::format("Range: bytes={}-", offset_));
    http::Session session;
    http::Exchange exchange(session, request, options_.timing, stop);
    if (auto ran = exchange.run(*this); !ran) {
        const auto code = ran.error().error.code;
        if (code == util::ErrorCode::no_space || code == util::ErrorCode::verify)
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
    return http::with_retries(options.retry, stop, [&] { return Transfer(file, options, on_progress).run(url, stop); });
}

} // namespace sf::source
