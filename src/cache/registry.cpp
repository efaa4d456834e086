#include "cache/registry.hpp"

#include "http/retry.hpp"
#include "http/url.hpp"
#include "util/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <limits>
#include <regex>
#include <set>

namespace sf::cache {

namespace {

constexpr const char* scheme = "oci://";
constexpr const char* plain_http_option = "?plain-http";
constexpr const char* binary_type = "Content-Type: application/octet-stream";
constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();
constexpr std::size_t longest_answer = std::size_t{4} << 20U;
constexpr std::size_t longest_token_answer = std::size_t{1} << 20U;

std::string digest_text(const util::Digest& digest)
{
    return "sha256:" + digest.to_hex();
}

std::string signature_tag(const util::Digest& manifest)
{
    return "sha256-" + manifest.to_hex() + ".minisig";
}

http::Failure failure(std::string message, bool transient = false)
{
    return http::Failure{
        .error = {util::ErrorCode::source, std::move(message), {}, {}}, .transient = transient, .unreachable = false};
}

bool is_loopback(std::string_view registry)
{
    const auto host =
        registry.starts_with('[') ? registry.substr(0, registry.find(']') + 1) : registry.substr(0, registry.find(':'));
    return host == "localhost" || host == "127.0.0.1" || host == "[::1]";
}

tl::unexpected<util::Error> bad_address(std::string_view why)
{
    return util::fail(util::ErrorCode::usage, fmt::format("this is no address of a registry: {}", why),
                      "write oci://host[:port]/repository; credentials come from 'docker login' and the like");
}

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

/// URL of the next page: `<...>; rel="next"` (RFC 8288).
std::optional<std::string> next_page(const std::string& url, std::string_view link)
{
    const auto begin = link.find('<');
    const auto end = link.find('>');
    if (begin == std::string_view::npos || end == std::string_view::npos || end < begin ||
        link.find("next", end) == std::string_view::npos)
        return std::nullopt;
    return http::resolve_reference(url, std::string(link.substr(begin + 1, end - begin - 1)));
}

/// The manifest of a signature.
std::string signature_manifest(const Descriptor& subject, const Descriptor& config, const Descriptor& signature)
{
    using Json = nlohmann::ordered_json;
    const auto as_json = [](const Descriptor& descriptor) { return Json::parse(descriptor_json(descriptor)); };
    Json manifest;
    manifest["schemaVersion"] = 2;
    manifest["mediaType"] = manifest_media_type;
    manifest["artifactType"] = signature.media_type;
    manifest["config"] = as_json(config);
    manifest["layers"] = Json::array({as_json(signature)});
    manifest["subject"] = as_json(subject);
    return manifest.dump();
}

/// Digest of the only layer of such a manifest.
std::optional<util::Digest> signature_blob(std::string_view manifest)
{
    const auto json = nlohmann::json::parse(manifest, nullptr, false);
    const auto layers = json.is_object() ? json.find("layers") : json.end();
    if (layers == json.end() || !layers->is_array() || layers->size() != 1 || !layers->front().is_object())
        return std::nullopt;
    const auto digest = layers->front().find("digest");
    if (digest == layers->front().end() || !digest->is_string())
        return std::nullopt;
    const auto parsed = util::Digest::parse(digest->get_ref<const std::string&>());
    return parsed ? std::optional(*parsed) : std::nullopt;
}

} // namespace

util::Result<RegistryAddress> RegistryAddress::parse(const std::string& where)
{
    // distribution-spec, "Pulling manifests"; a host is a name, an IPv4 or a bracketed IPv6 address.
    static const std::regex grammar(
        R"(([A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])(:[0-9]{1,5})?/([a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*))");
    constexpr std::size_t longest = 512;
    std::string rest = where.starts_with(scheme) ? where.substr(std::string_view(scheme).size()) : where;
    RegistryAddress address;
    if (rest.ends_with(plain_http_option)) {
        address.plain_http = true;
        rest.resize(rest.size() - std::string_view(plain_http_option).size());
    }
    if (rest.find('@') != std::string::npos)
        return bad_address("it has a user name or a digest in it");
    std::smatch parts;
    if (rest.size() > longest || !std::regex_match(rest, parts, grammar))
        return bad_address(where);
    address.registry = parts[1].str() + parts[2].str();
    address.repository = parts[3].str();
    address.plain_http = address.plain_http || is_loopback(address.registry);
    return address;
}

std::string RegistryAddress::origin() const
{
    return (plain_http ? "http://" : "https://") + registry;
}

std::string Registry::name() const
{
    return scheme + address_.registry + "/" + address_.repository;
}

std::string Registry::url(std::string_view rest) const
{
    return fmt::format("{}/v2/{}/{}", address_.origin(), address_.repository, rest);
}

RunRequest Registry::runner(const util::StopToken& stop)
{
    return [this, &stop](http::Request request, http::BodySink& sink) { return run(std::move(request), sink, stop); };
}

Outcome Registry::run(http::Request request, http::BodySink& sink, const util::StopToken& stop)
{
    // An upload may go to another host, which is to see neither password nor token.
    const bool is_ours = http::url_host(request.url) == address_.origin();
    const auto plain_headers = request.headers;
    for (bool challenged = false;; challenged = true) {
        request.headers = plain_headers;
        if (is_ours) {
            const std::lock_guard guard(mutex_);
            if (!authorization_.empty())
                request.headers.push_back("Authorization: " + authorization_);
        }
        auto answer = connections_.run(request, sink, options_.timing, stop);
        if (!answer || answer->status != http::status_unauthorized || challenged || !is_ours)
            return answer;
        if (auto done = log_in(answer->challenges, stop); !done)
            return tl::unexpected(std::move(done).error());
    }
}

tl::expected<void, http::Failure> Registry::log_in(const std::vector<std::string>& challenges,
                                                   const util::StopToken& stop)
{
    auto credential = find_credential(options_.credential_files, address_.registry);
    if (!credential)
        return tl::unexpected(http::Failure{.error = std::move(credential).error()});
    for (const auto& header : challenges) {
        const auto challenge = parse_challenge(header);
        std::string authorization;
        if (challenge && challenge->scheme == "bearer") {
            auto token = get_token(*challenge, *credential, stop);
            if (!token)
                return tl::unexpected(std::move(token).error());
            authorization = "Bearer " + *token;
        } else if (challenge && challenge->scheme == "basic" && *credential) {
            authorization = "Basic " + (*credential)->base64;
        } else {
            continue;
        }
        const std::lock_guard guard(mutex_);
        authorization_ = std::move(authorization);
        return {};
    }
    auto refused = http::status_failure(http::status_unauthorized);
    refused.error.hint =
        fmt::format("log in with 'docker login {0}', 'podman login {0}' or 'skopeo login {0}'", address_.registry);
    return tl::unexpected(std::move(refused));
}

tl::expected<std::string, http::Failure> Registry::get_token(const Challenge& challenge,
                                                             const std::optional<Credential>& credential,
                                                             const util::StopToken& stop)
{
    const auto parameter = [&](const char* name) {
        const auto found = challenge.parameters.find(name);
        return found == challenge.parameters.end() ? std::string() : found->second;
    };
    const auto realm = parameter("realm");
    // Whoever can change the registry's answers must not get at the password either.
    if (!http::is_http(realm) || (!address_.plain_http && realm.starts_with("http://")))
        return tl::unexpected(failure("the registry names a token server that is not https"));
    auto url = realm;
    for (const char* name : {"service", "scope"})
        if (const auto value = parameter(name); !value.empty())
            url += fmt::format("{}{}={}", url.find('?') == std::string::npos ? '?' : '&', name,
                               http::percent_encode(value));
    http::Request request{.url = url, .follow_redirects = false};
    if (credential)
        request.headers.push_back("Authorization: Basic " + credential->base64);
    const RunRequest direct = [&](const http::Request& token_request, http::BodySink& sink) {
        return connections_.run(token_request, sink, options_.timing, stop);
    };
    auto answer = require_success(ask(direct, request, longest_token_answer));
    if (!answer) {
        auto failed = std::move(answer).error();
        failed.error.message = "the token server: " + failed.error.message;
        return tl::unexpected(std::move(failed));
    }
    auto token = parse_token(answer->body);
    if (!token)
        return tl::unexpected(failure("the token server gave no token"));
    return std::move(*token);
}

util::Result<std::optional<std::string>> Registry::get(const std::string& request_url, const char* accept,
                                                       std::size_t limit, std::string_view doing,
                                                       const util::StopToken& stop)
{
    const http::Request request{.url = request_url, .headers = {fmt::format("Accept: {}", accept)}};
    auto answer = http::with_retries(options_.retry, stop, [&]() -> Outcome {
        auto once = ask(runner(stop), request, limit);
        return once && once->status == http::status_not_found ? once : require_success(std::move(once));
    });
    if (!answer)
        return tl::unexpected(web_error(std::move(answer).error(), doing));
    if (answer->status == http::status_not_found)
        return std::optional<std::string>();
    return std::optional(std::move(answer->body));
}

util::Result<std::optional<Found>> Registry::find(const util::Digest& key, const util::StopToken& stop)
{
    const auto doing = fmt::format("read key {} of {}", key.to_short(), name());
    SF_TRY(const auto text, get(url("manifests/" + key.to_hex()), manifest_media_type, longest_manifest, doing, stop));
    if (!text)
        return std::optional<Found>();
    auto entry = parse_entry(*text, key);
    if (!entry)
        return util::fail(std::move(entry).error(), "while trying to " + doing);
    return std::optional(Found{std::move(*entry), util::sha256(*text)});
}

util::Status Registry::fetch_blob(const Descriptor& blob, const std::filesystem::path& file,
                                  const util::StopToken& stop, const OnProgress& on_progress)
{
    auto fetched = download_blob(runner(stop), url("blobs/" + digest_text(blob.digest)), blob, file, options_.retry,
                                 stop, on_progress);
    if (!fetched)
        return util::fail(std::move(fetched).error(), "from " + name());
    return {};
}

util::Status Registry::push(const Packed& packed, const std::string& signature, const util::StopToken& stop)
{
    for (const auto& blob : packed.blobs)
        SF_CHECK(put_blob(blob, stop));
    if (!signature.empty())
        SF_CHECK(put_signature(packed.manifest_descriptor, signature, stop));
    return put_manifest(packed.entry.action.key.to_hex(), packed.manifest, stop);
}

util::Status Registry::push_image(const PackedImage& image, const util::StopToken& stop)
{
    for (const auto& blob : image.blobs)
        SF_CHECK(put_blob(blob, stop));
    return put_manifest(image.tag, image.manifest, stop);
}

util::Status Registry::finish(const util::StopToken& /*stop*/)
{
    return {};
}

util::Status Registry::put_manifest(const std::string& tag, const std::string& text, const util::StopToken& stop)
{
    const http::Request request{.url = url("manifests/" + tag),
                                .method = http::Method::put,
                                .headers = {fmt::format("Content-Type: {}", manifest_media_type)},
                                .body = text,
                                .follow_redirects = false};
    auto answer = http::with_retries(options_.retry, stop,
                                     [&] { return require_success(ask(runner(stop), request, longest_answer)); });
    const auto doing = fmt::format("put the manifest {} into {}", tag, name());
    if (!answer)
        return tl::unexpected(web_error(std::move(answer).error(), doing));
    if (!answer->content_digest.empty() && answer->content_digest != digest_text(util::sha256(text)))
        return tl::unexpected(web_error(failure("the registry has got other bytes than were sent"), doing));
    return {};
}

util::Status Registry::put_blob(const BlobSource& blob, const util::StopToken& stop)
{
    auto done = http::with_retries(options_.retry, stop, [&] { return upload(blob, stop); });
    if (!done)
        return tl::unexpected(web_error(
            std::move(done).error(), fmt::format("put blob {} into {}", blob.descriptor().digest.to_short(), name())));
    return {};
}

tl::expected<void, http::Failure> Registry::upload(const BlobSource& blob, const util::StopToken& stop)
{
    const http::Request exists{.url = url("blobs/" + digest_text(blob.descriptor().digest)),
                               .method = http::Method::head};
    auto there = ask(runner(stop), exists, no_limit);
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
    auto answer = require_success(ask(runner(stop), request, longest_answer));
    if (!answer)
        return tl::unexpected(std::move(answer).error());
    auto location = http::resolve_reference(request.url, answer->location);
    if (!location || (!address_.plain_http && location->starts_with("http://")))
        return tl::unexpected(failure("the registry does not say where to send the blob"));
    return Session{std::move(*location), 0};
}

std::optional<Registry::Session> Registry::ask_offset(const Session& session, const util::StopToken& stop)
{
    const http::Request request{.url = session.location, .follow_redirects = false};
    const auto answer = http::with_retries(options_.retry, stop,
                                           [&] { return require_success(ask(runner(stop), request, longest_answer)); });
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
    auto answer = ask(runner(stop), request, longest_answer);
    if (answer && is_out_of_step(answer->status))
        return tl::unexpected(failure(fmt::format("HTTP status {} in the middle of the upload", answer->status), true));
    answer = require_success(std::move(answer));
    if (!answer)
        return tl::unexpected(std::move(answer).error());
    auto location = answer->location.empty() ? std::optional(session.location)
                                             : http::resolve_reference(session.location, answer->location);
    const auto end = range_end(answer->range);
    const auto offset = end ? *end + 1 : session.offset + chunk->size();
    if (!location || offset <= session.offset || offset > session.offset + chunk->size())
        return tl::unexpected(failure("the registry has another part of the blob than was sent", true));
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
        auto once = ask(runner(stop), request, longest_answer);
        return once && is_out_of_step(once->status) ? once : require_success(std::move(once));
    });
    if (!answer)
        return tl::unexpected(std::move(answer).error());
    if (is_out_of_step(answer->status))
        return tl::unexpected(failure(fmt::format("HTTP status {} at the end of the upload", answer->status), true));
    if (!answer->content_digest.empty() && answer->content_digest != digest_text(descriptor.digest))
        return tl::unexpected(failure("the registry has got other bytes than were sent"));
    return {};
}

util::Result<std::vector<util::Digest>> Registry::list(const util::StopToken& stop)
{
    constexpr std::size_t most_pages = 100'000;
    std::set<util::Digest> keys;
    std::optional<std::string> page = url("tags/list?n=1000");
    for (std::size_t pages = 0; page && pages < most_pages; ++pages) {
        const http::Request request{.url = *page};
        auto answer = http::with_retries(options_.retry, stop, [&]() -> Outcome {
            auto once = ask(runner(stop), request, longest_answer);
            return once && once->status == http::status_not_found ? once : require_success(std::move(once));
        });
        const auto doing = "list the entries of " + name();
        if (!answer)
            return tl::unexpected(web_error(std::move(answer).error(), doing));
        if (answer->status == http::status_not_found)
            break; // a repository without anything in it
        const auto json = nlohmann::json::parse(answer->body, nullptr, false);
        const auto tags = json.is_object() ? json.find("tags") : json.end();
        if (tags == json.end() || !(tags->is_array() || tags->is_null()))
            return tl::unexpected(web_error(failure("its answer is no list of tags"), doing));
        for (const auto& tag : *tags) {
            // Signatures and others' images are in the list too.
            if (!tag.is_string() || tag.get_ref<const std::string&>().size() != 2 * util::Digest::size)
                continue;
            if (const auto key = util::Digest::parse(tag.get_ref<const std::string&>()))
                keys.insert(*key);
        }
        auto next = next_page(*page, answer->link);
        if (next == page)
            break;
        page = std::move(next);
    }
    return std::vector<util::Digest>(keys.begin(), keys.end());
}

util::Result<std::optional<std::string>> Registry::find_signature(const util::Digest& manifest,
                                                                  const util::StopToken& stop)
{
    const auto doing = fmt::format("read the signature of {} in {}", manifest.to_short(), name());
    SF_TRY(const auto text,
           get(url("manifests/" + signature_tag(manifest)), manifest_media_type, longest_manifest, doing, stop));
    if (!text)
        return std::optional<std::string>();
    const auto blob = signature_blob(*text);
    if (!blob)
        return tl::unexpected(web_error(failure("its manifest is not one of a signature"), doing));
    return get(url("blobs/" + digest_text(*blob)), "*/*", longest_signature, doing, stop);
}

util::Status Registry::put_signature(const Descriptor& manifest, const std::string& signature,
                                     const util::StopToken& stop)
{
    const BlobSource config("application/vnd.oci.empty.v1+json", "{}");
    const BlobSource blob("application/vnd.slurm-factory.minisign", signature);
    SF_CHECK(put_blob(config, stop));
    SF_CHECK(put_blob(blob, stop));
    return put_manifest(signature_tag(manifest.digest),
                        signature_manifest(manifest, config.descriptor(), blob.descriptor()), stop);
}

} // namespace sf::cache
