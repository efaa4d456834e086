#include "cache/remote/web.hpp"

#include "http/memory_sink.hpp"
#include "http/retry.hpp"
#include "util/files/fs.hpp"

namespace sf::cache {

namespace {

http::Failure failure(util::Error error, bool transient = false)
{
    return http::Failure{.error = std::move(error), .transient = transient, .unreachable = false};
}

bool is_success(long status)
{
    constexpr long first_redirect = 300;
    return status >= http::status_ok && status < first_redirect;
}

std::string first_header(const http::Exchange& exchange, const char* name)
{
    auto values = exchange.headers(name);
    return values.empty() ? std::string() : std::move(values.front());
}

class FileSink : public http::BodySink {
public:
    FileSink(BlobWriter& writer, std::filesystem::path file, std::uint64_t total, const OnProgress& on_progress) :
        writer_(writer), file_(std::move(file)), total_(total), on_progress_(on_progress)
    {
    }

    util::Status begin(const http::Exchange& answer) override
    {
        if (answer.status() == http::status_partial_content && answer.range_start() == writer_.offset())
            resumed_ = true;
        else
            SF_CHECK(writer_.restart());
        if (answer.status() != http::status_ok && !resumed_)
            return util::fail(util::ErrorCode::source, "the server sent another range than was asked for");
        if (const auto length = answer.content_length(); length && *length != writer_.left())
            return util::fail(util::ErrorCode::verify, fmt::format("the server has a {} blob than the manifest says",
                                                                   *length > writer_.left() ? "longer" : "shorter"));
        return util::require_space(file_.parent_path(), writer_.left(), "a blob of the binary cache");
    }

    util::Status write(std::string_view bytes) override
    {
        SF_CHECK(writer_.write(bytes));
        if (on_progress_)
            on_progress_(writer_.offset(), total_);
        return {};
    }

    [[nodiscard]] bool resumed() const { return resumed_; }

private:
    BlobWriter& writer_;
    std::filesystem::path file_;
    std::uint64_t total_;
    const OnProgress& on_progress_;
    bool resumed_ = false;
};

/// What an answer without the blob's bytes means. `begun`: there was a part of it in the file.
http::Failure blob_failure(Outcome answer, BlobWriter& writer, bool begun)
{
    const auto status = answer ? answer->status : 0;
    if (status == http::status_not_found)
        return failure({util::ErrorCode::verify, "the server does not have it", {}, {}});
    auto failed = status == http::status_range_not_satisfiable && begun
                      ? failure({util::ErrorCode::verify, "the server has less of the blob", {}, {}})
                      : require_success(std::move(answer)).error();
    // Wrong bytes stay wrong; but where some were there before, those may be to blame, so all are read again.
    if (failed.error.code == util::ErrorCode::verify && begun) {
        static_cast<void>(writer.restart());
        failed.transient = true;
    }
    return failed;
}

tl::expected<void, http::Failure> download_once(const RunRequest& run, const std::string& url, const Descriptor& blob,
                                                const std::filesystem::path& file, const util::StopToken& stop,
                                                const OnProgress& on_progress)
{
    auto writer = BlobWriter::open(blob, file, stop);
    if (!writer)
        return tl::unexpected(failure(std::move(writer).error()));
    bool resumed = writer->offset() > 0;
    if (writer->left() > 0 || !resumed) {
        http::Request request{.url = url};
        if (resumed)
            request.headers.push_back(fmt::format("Range: bytes={}-", writer->offset()));
        FileSink sink(*writer, file, blob.size, on_progress);
        auto answer = run(request, sink);
        if (!answer || !is_success(answer->status))
            return tl::unexpected(blob_failure(std::move(answer), *writer, resumed));
        resumed = sink.resumed();
    }
    const bool whole = writer->left() == 0;
    if (auto finished = writer->finish(); !finished) {
        // Cut off, or the beginning was another file's: the next try may do better. Else the server has wrong bytes.
        const bool transient = finished.error().code == util::ErrorCode::verify && (resumed || !whole);
        return tl::unexpected(failure(std::move(finished).error(), transient));
    }
    return {};
}

} // namespace

Outcome Connections::run(const http::Request& request, http::BodySink& sink, const http::Timing& timing,
                         const util::StopToken& stop)
{
    auto session = [this] {
        const std::lock_guard guard(mutex_);
        if (idle_.empty())
            return http::Session();
        auto taken = std::move(idle_.back());
        idle_.pop_back();
        return taken;
    }();
    Answer answer;
    {
        http::Exchange exchange(session, request, timing, stop);
        if (auto ran = exchange.run(sink); !ran)
            return tl::unexpected(std::move(ran).error());
        answer.status = exchange.status();
        answer.location = first_header(exchange, "Location");
        answer.range = first_header(exchange, "Range");
        answer.link = first_header(exchange, "Link");
        answer.content_digest = first_header(exchange, "Docker-Content-Digest");
        answer.challenges = exchange.headers("WWW-Authenticate");
    }
    const std::lock_guard guard(mutex_);
    idle_.push_back(std::move(session));
    return answer;
}

Outcome ask(const RunRequest& run, const http::Request& request, std::size_t limit)
{
    http::MemorySink sink(limit);
    auto answer = run(request, sink);
    if (answer)
        answer->body = sink.take();
    return answer;
}

util::Status download_blob(const RunRequest& run, const std::string& url, const Descriptor& blob,
                           const std::filesystem::path& file, const http::Retry& retry, const util::StopToken& stop,
                           const OnProgress& on_progress)
{
    auto done = http::with_retries(retry, stop, [&] { return download_once(run, url, blob, file, stop, on_progress); });
    if (!done)
        return tl::unexpected(web_error(std::move(done).error(), fmt::format("get blob {}", blob.digest.to_short())));
    return {};
}

http::Failure web_failure(std::string message, bool transient)
{
    return failure(util::Error{util::ErrorCode::source, std::move(message), {}, {}}, transient);
}

util::Error web_error(http::Failure failure, std::string_view doing)
{
    if (failure.error.code == util::ErrorCode::interrupted)
        return std::move(failure.error);
    failure.error.message = fmt::format("cannot {}: {}", doing, failure.error.message);
    return std::move(failure.error);
}

Outcome require_success(Outcome outcome)
{
    constexpr long forbidden = 403;
    if (!outcome || is_success(outcome->status))
        return outcome;
    auto failed = http::status_failure(outcome->status);
    if (outcome->status == http::status_unauthorized || outcome->status == forbidden)
        failed.error.hint = "log in there with 'docker login', 'podman login' or 'skopeo login', or ask for access";
    return tl::unexpected(std::move(failed));
}

} // namespace sf::cache
