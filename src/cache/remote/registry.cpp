#include "cache/remote/registry.hpp"

#include "cache/oci/index.hpp"
#include "cache/oci/oci_json.hpp"
#include "cache/remote/foreign_image.hpp"
#include "http/link.hpp"
#include "http/retry.hpp"
#include "http/url.hpp"
#include "util/text.hpp"
#include "json/json.hpp"

#include <algorithm>
#include <iterator>

namespace sf::cache {

namespace {

constexpr std::size_t longest_token_answer = std::size_t{1} << 20U;

constexpr const char* signature_tag_prefix = "sha256-";

std::string signature_tag(const util::Digest& manifest, Scheme scheme)
{
    return fmt::format("{}{}{}", signature_tag_prefix, manifest.to_hex(), suffix(scheme));
}

/// URL of the next page.
std::optional<std::string> next_page(const std::string& url, std::string_view link)
{
    const auto reference = http::next_reference(link);
    return reference ? http::resolve_reference(url, *reference) : std::nullopt;
}

/// The manifest of a signature.
std::string signature_manifest(const Descriptor& subject, const Descriptor& config, const Descriptor& signature)
{
    OrderedJson manifest;
    manifest["schemaVersion"] = 2;
    manifest["mediaType"] = manifest_media_type;
    manifest["artifactType"] = signature.media_type;
    manifest["config"] = to_json(config);
    manifest["layers"] = OrderedJson::array({to_json(signature)});
    manifest["subject"] = to_json(subject);
    return dump(manifest);
}

/// Digest of the only layer of such a manifest.
std::optional<util::Digest> signature_blob(std::string_view manifest)
{
    const auto json = json::read(manifest).value_or(nlohmann::json());
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

std::string Registry::name() const
{
    return registry_scheme + address_.registry + "/" + address_.repository;
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
        } else if (challenge && challenge->scheme == "basic" && *credential && !(*credential)->base64.empty()) {
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
    // An attacker who can change the registry's answers must not get the password either.
    if (!http::is_http(realm) || (!address_.plain_http && realm.starts_with("http://")))
        return tl::unexpected(web_failure("the registry names a token server that is not https"));
    http::Request request{.url = realm, .follow_redirects = false};
    std::string form;
    if (credential && !credential->identity_token.empty()) {
        form = token_request(credential->identity_token, parameter("service"), parameter("scope"));
        request.method = http::Method::post;
        request.headers = {"Content-Type: application/x-www-form-urlencoded"};
        request.body = form;
    } else {
        for (const char* name : {"service", "scope"})
            if (const auto value = parameter(name); !value.empty())
                request.url += fmt::format("{}{}={}", request.url.find('?') == std::string::npos ? '?' : '&', name,
                                           http::percent_encode(value));
        if (credential)
            request.headers.push_back("Authorization: Basic " + credential->base64);
    }
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
        return tl::unexpected(web_failure("the token server gave no token"));
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
        return util::fail(std::move(entry).error(), "trying to " + doing);
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

util::Result<std::optional<std::string>> Registry::find_image(const std::string& tag, const util::StopToken& stop)
{
    return get(url("manifests/" + tag), image_media_types, longest_manifest,
               fmt::format("read the image {} of {}", tag, name()), stop);
}

util::Result<std::string> Registry::get_manifest(const Descriptor& manifest, const util::StopToken& stop)
{
    const auto tag = digest_text(manifest.digest);
    SF_TRY(auto text, find_image(tag, stop));
    return checked_manifest(std::move(text), manifest, name());
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
    auto answer = http::with_retries(
        options_.retry, stop, [&] { return require_success(ask(runner(stop), request, longest_registry_answer)); });
    const auto doing = fmt::format("put the manifest {} into {}", tag, name());
    if (!answer)
        return tl::unexpected(web_error(std::move(answer).error(), doing));
    if (!answer->content_digest.empty() && answer->content_digest != digest_text(util::sha256(text)))
        return tl::unexpected(web_error(web_failure("the registry has got other bytes than were sent"), doing));
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

util::Result<std::set<std::string>> Registry::tags(const util::StopToken& stop)
{
    constexpr std::size_t most_tags = 1'000'000;
    constexpr std::size_t most_pages = 10'000;
    std::set<std::string> all;
    std::set<std::string> pages;
    const auto doing = "list the entries of " + name();
    for (std::optional<std::string> page = url("tags/list?n=1000"); page;) {
        // Pages that link to one another in a ring would be read for ever.
        if (!pages.insert(*page).second || pages.size() > most_pages || all.size() > most_tags)
            return tl::unexpected(web_error(web_failure("its list of tags does not end"), doing));
        const http::Request request{.url = *page};
        auto answer = http::with_retries(options_.retry, stop, [&]() -> Outcome {
            auto once = ask(runner(stop), request, longest_registry_answer);
            return once && once->status == http::status_not_found ? once : require_success(std::move(once));
        });
        if (!answer)
            return tl::unexpected(web_error(std::move(answer).error(), doing));
        if (answer->status == http::status_not_found)
            break; // a repository without anything in it
        const auto json = json::read(answer->body).value_or(nlohmann::json());
        const auto tags = json.is_object() ? json.find("tags") : json.end();
        if (tags == json.end() || !(tags->is_array() || tags->is_null()))
            return tl::unexpected(web_error(web_failure("its answer is not a list of tags"), doing));
        for (const auto& tag : *tags)
            if (tag.is_string())
                all.insert(tag.get<std::string>());
        auto next = next_page(*page, answer->link);
        if (next == page) // some registries' last page links to itself
            break;
        page = std::move(next);
    }
    return all;
}

util::Result<std::vector<util::Digest>> Registry::list(const util::StopToken& stop)
{
    SF_TRY(const auto all, tags(stop));
    std::vector<util::Digest> keys;
    for (const auto& tag : all)
        if (const auto key = digest_named(tag))
            keys.push_back(*key);
    return keys;
}

util::Result<std::vector<std::string>> Registry::list_images(const util::StopToken& stop)
{
    SF_TRY(const auto all, tags(stop));
    std::vector<std::string> images;
    std::copy_if(all.begin(), all.end(), std::back_inserter(images),
                 [](const std::string& tag) { return is_image_tag(tag) && !tag.starts_with(signature_tag_prefix); });
    return images;
}

util::Result<std::optional<std::string>> Registry::find_signature(const util::Digest& manifest, Scheme scheme,
                                                                  const util::StopToken& stop)
{
    const auto doing = fmt::format("read the signature of {} in {}", manifest.to_short(), name());
    SF_TRY(const auto text, get(url("manifests/" + signature_tag(manifest, scheme)), manifest_media_type,
                                longest_manifest, doing, stop));
    if (!text)
        return std::optional<std::string>();
    const auto blob = signature_blob(*text);
    if (!blob)
        return util::fail(util::ErrorCode::verify,
                          fmt::format("cannot {}: its manifest is not one of a signature", doing));
    return get(url("blobs/" + digest_text(*blob)), "*/*", longest_signature, doing, stop);
}

util::Status Registry::put_signature(const Descriptor& manifest, const std::string& signature,
                                     const util::StopToken& stop)
{
    const BlobSource config("application/vnd.oci.empty.v1+json", "{}");
    const auto scheme = scheme_of(signature);
    const BlobSource blob(std::string(media_type(scheme)), signature);
    SF_CHECK(put_blob(config, stop));
    SF_CHECK(put_blob(blob, stop));
    return put_manifest(signature_tag(manifest.digest, scheme),
                        signature_manifest(manifest, config.descriptor(), blob.descriptor()), stop);
}

} // namespace sf::cache
