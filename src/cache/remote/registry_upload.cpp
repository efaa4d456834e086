// Blobs on their way into a registry, in chunks that can be resumed (distribution-spec, "Pushing a blob in chunks").
#include "cache/oci/oci_json.hpp"
#include "cache/remote/registry.hpp"
#include "http/retry.hpp"
#include "http/url.hpp"

#include <charconv>
#include <limits>

namespace sf::cache {

namespace {

constexpr const char* binary_type = "Content-Type: application/octet-stream";

/// The number after the dash of "0-1023" or "bytes=0-1023".
std::optional<std::uint64_t> range_end(std::string_view range)
{
    const auto dash = range.rfind('-');
    if (dash == std::string_view::npos)
        return std::nullopt;
    std::uint64_t end = 0;
    const auto* const stop = range.data() + range.size();
    if (const auto read = std::from_chars(range.data() + dash + 1, stop, end);
        read.ec != std::errc() || read.ptr != stop)
        return std::nullopt;
    return end;
}

/// When the answer to a request was lost, the next try finds the upload gone, or the registry with more than it
/// expects. Where the upload stands then, or whether the blob is there by now, has to be asked.
bool is_out_of_step(long status)
{
    constexpr long bad_request = 400;
    return status == bad_request || status == http::status_not_found || status == http::status_range_not_satisfiable;
}

} // namespace

tl::expected<void, http::Failure> Registry::upload(const BlobSource& blob, const util::StopToken& stop)
{
    const http::Request exists{.url = url("blobs/" + digest_text(blob.descriptor().digest)),
                               .method = http::Method::head};
    auto there = ask(runner(stop), exists, std::numeric_limits<std::size_t>::max());
    if (!there)
        return tl::unexpected(std::move(there).error());
    if (there->status == http::status_ok)
        return {};
    auto session = start_upload(stop);
    if (!session)
        return tl::unexpected(std::move(session).error());
    if (blob.descriptor().size > options_.chunk_bytes) {
        if (auto sent = send_chunks(blob, *session, stop); !sent)
            return sent;
    }
    return end_upload(blob, *session, stop);
}

tl::expected<Registry::Session, http::Failure> Registry::start_upload(const util::StopToken& stop)
{
    const http::Request request{.url = url("blobs/uploads/"),
                                .method = http::Method::post,
                                .headers = {binary_type},
                                .follow_redirects = false};
    auto answer = require_success(ask(runner(stop), request, longest_registry_answer));
    if (!answer)
        return tl::unexpected(std::move(answer).error());
    auto location = http::resolve_reference(request.url, answer->location);
    if (!location || (!address_.plain_http && location->starts_with("http://")))
        return tl::unexpected(web_failure("the registry does not say where to send the blob"));
    return Session{std::move(*location), 0};
}

std::optional<Registry::Session> Registry::ask_offset(const Session& session, const util::StopToken& stop)
{
    const http::Request request{.url = session.location, .follow_redirects = false};
    const auto answer = http::with_retries(
        options_.retry, stop, [&] { return require_success(ask(runner(stop), request, longest_registry_answer)); });
    if (!answer)
        return std::nullopt;
    const auto end = range_end(answer->range);
    if (!end)
        return std::nullopt;
    auto location = answer->location.empty() ? std::optional(session.location)
                                             : http::resolve_reference(session.location, answer->location);
    if (!location)
        return std::nullopt;
    // Of an upload without bytes the specification's range is "0-0".
    return Session{std::move(*location), *end == 0 ? 0 : *end + 1};
}

tl::expected<Registry::Session, http::Failure> Registry::send_chunk(const BlobSource& blob, const Session& session,
                                                                    const util::StopToken& stop)
{
    const auto chunk = blob.read(session.offset, options_.chunk_bytes);
    if (!chunk)
        return tl::unexpected(http::Failure{.error = chunk.error()});
    const http::Request request{.url = session.location,
                                .method = http::Method::patch,
                                .headers = {binary_type, fmt::format("Content-Range: {}-{}", session.offset,
                                                                     session.offset + chunk->size() - 1)},
                                .body = *chunk,
                                .follow_redirects = false};
    auto answer = ask(runner(stop), request, longest_registry_answer);
    if (answer && is_out_of_step(answer->status))
        return tl::unexpected(
            web_failure(fmt::format("HTTP status {} in the middle of the upload", answer->status), true));
    answer = require_success(std::move(answer));
    if (!answer)
        return tl::unexpected(std::move(answer).error());
    auto location = answer->location.empty() ? std::optional(session.location)
                                             : http::resolve_reference(session.location, answer->location);
    const auto end = range_end(answer->range);
    const auto offset = end ? *end + 1 : session.offset + chunk->size();
    if (!location || offset <= session.offset || offset > session.offset + chunk->size())
        return tl::unexpected(web_failure("the registry has another part of the blob than was sent", true));
    return Session{std::move(*location), offset};
}

tl::expected<void, http::Failure> Registry::send_chunks(const BlobSource& blob, Session& session,
                                                        const util::StopToken& stop)
{
    unsigned faults = 0;
    while (session.offset < blob.descriptor().size) {
        auto next = send_chunk(blob, session, stop);
        if (next) {
            session = std::move(*next);
            faults = 0;
            continue;
        }
        if (!next.error().transient || ++faults > options_.retry.retries)
            return tl::unexpected(std::move(next).error());
        if (auto waited = util::pause(options_.retry.first_pause * faults, stop); !waited)
            return tl::unexpected(http::Failure{.error = std::move(waited).error()});
        auto position = ask_offset(session, stop);
        // An upload that is gone, or whose offset cannot be, is begun anew by the caller.
        if (!position || position->offset > blob.descriptor().size)
            return tl::unexpected(std::move(next).error());
        session = std::move(*position);
    }
    return {};
}

tl::expected<void, http::Failure> Registry::end_upload(const BlobSource& blob, const Session& session,
                                                       const util::StopToken& stop)
{
    const auto& descriptor = blob.descriptor();
    const auto rest = blob.read(session.offset, options_.chunk_bytes);
    if (!rest)
        return tl::unexpected(http::Failure{.error = rest.error()});
    const char separator = session.location.find('?') == std::string::npos ? '?' : '&';
    const http::Request request{
        .url = fmt::format("{}{}digest={}", session.location, separator, digest_text(descriptor.digest)),
        .method = http::Method::put,
        .headers = {binary_type},
        .body = *rest,
        .follow_redirects = false};
    auto answer = http::with_retries(options_.retry, stop, [&]() -> Outcome {
        auto once = ask(runner(stop), request, longest_registry_answer);
        return once && is_out_of_step(once->status) ? once : require_success(std::move(once));
    });
    if (!answer)
        return tl::unexpected(std::move(answer).error());
    if (is_out_of_step(answer->status))
        return tl::unexpected(
            web_failure(fmt::format("HTTP status {} at the end of the upload", answer->status), true));
    if (!answer->content_digest.empty() && answer->content_digest != digest_text(descriptor.digest))
        return tl::unexpected(web_failure("the registry has got other bytes than were sent"));
    return {};
}

} // namespace sf::cache
