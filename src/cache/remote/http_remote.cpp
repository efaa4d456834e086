#include "cache/remote/http_remote.hpp"

#include "cache/oci/layout.hpp"
#include "cache/remote/foreign_image.hpp"
#include "http/retry.hpp"
#include "http/url.hpp"

namespace sf::cache {

std::string HttpRemote::name() const
{
    return http::without_password(base_);
}

RunRequest HttpRemote::runner(const util::StopToken& stop)
{
    return [this, &stop](const http::Request& request, http::BodySink& sink) {
        return connections_.run(request, sink, options_.timing, stop);
    };
}

util::Result<std::optional<std::string>> HttpRemote::get(const std::string& place, std::size_t limit,
                                                         const util::StopToken& stop)
{
    const http::Request request{.url = base_ + "/" + place};
    auto answer = http::with_retries(options_.retry, stop, [&]() -> Outcome {
        auto once = ask(runner(stop), request, limit);
        return once && once->status == http::status_not_found ? once : require_success(std::move(once));
    });
    if (!answer)
        return tl::unexpected(web_error(std::move(answer).error(), fmt::format("read {} of {}", place, name())));
    if (answer->status == http::status_not_found)
        return std::optional<std::string>();
    return std::optional(std::move(answer->body));
}

util::Result<std::optional<Found>> HttpRemote::find(const util::Digest& key, const util::StopToken& stop)
{
    constexpr std::size_t longest_line = 200;
    SF_TRY(const auto line, get(key_place(key), longest_line, stop));
    if (!line)
        return std::optional<Found>();
    const auto doing = fmt::format("reading key {} of {}", key.to_short(), name());
    auto manifest = parse_key_file(*line);
    if (!manifest)
        return util::fail(std::move(manifest).error(), doing);
    SF_TRY(const auto text, get(blob_place(manifest->digest), longest_manifest, stop));
    if (!text || util::sha256(*text) != manifest->digest)
        return util::fail(
            util::ErrorCode::verify,
            fmt::format("manifest {} of {} is {}", manifest->digest.to_short(), name(), text ? "damaged" : "missing"),
            "push the package again");
    auto entry = parse_entry(*text, key);
    if (!entry)
        return util::fail(std::move(entry).error(), doing);
    return std::optional(Found{std::move(*entry), manifest->digest});
}

util::Status HttpRemote::fetch_blob(const Descriptor& blob, const std::filesystem::path& file,
                                    const util::StopToken& stop, const OnProgress& on_progress)
{
    return download_blob(runner(stop), base_ + "/" + blob_place(blob.digest), blob, file, options_.retry, stop,
                         on_progress);
}

tl::unexpected<util::Error> HttpRemote::read_only() const
{
    return util::fail(util::ErrorCode::usage, fmt::format("{} can only be read", name()),
                      "push to the directory that the web server shows, or to a registry (oci://)");
}

util::Status HttpRemote::push(const Packed& /*packed*/, const std::string& /*signature*/,
                              const util::StopToken& /*stop*/)
{
    return read_only();
}

util::Status HttpRemote::push_image(const PackedImage& /*image*/, const util::StopToken& /*stop*/)
{
    return read_only();
}

util::Status HttpRemote::finish(const util::StopToken& /*stop*/)
{
    return {};
}

util::Status HttpRemote::put_signature(const Descriptor& /*manifest*/, const std::string& /*signature*/,
                                       const util::StopToken& /*stop*/)
{
    return read_only();
}

util::Result<Index> HttpRemote::index(const util::StopToken& stop)
{
    SF_TRY(const auto text, get("index.json", longest_index, stop));
    if (!text)
        return util::fail(util::ErrorCode::failure, fmt::format("there is no binary cache at {}", name()),
                          "check the URL: it is that of the directory with index.json");
    auto parsed = Index::parse(*text);
    if (!parsed)
        return util::fail(std::move(parsed).error(), fmt::format("reading index.json of {}", name()));
    return parsed;
}

util::Result<std::vector<util::Digest>> HttpRemote::list(const util::StopToken& stop)
{
    SF_TRY(const auto all, index(stop));
    return all.keys();
}

util::Result<std::vector<std::string>> HttpRemote::list_images(const util::StopToken& stop)
{
    SF_TRY(const auto all, index(stop));
    return all.tags();
}

util::Result<std::optional<std::string>> HttpRemote::find_image(const std::string& tag, const util::StopToken& stop)
{
    SF_TRY(const auto all, index(stop));
    const auto manifest = all.find(tag);
    if (!manifest)
        return std::optional<std::string>();
    SF_TRY(auto text, get(blob_place(manifest->digest), longest_manifest, stop));
    if (!text || util::sha256(*text) != manifest->digest)
        return util::fail(util::ErrorCode::verify, fmt::format("the image {} of {} is damaged", tag, name()),
                          "push it again");
    return std::optional(std::move(*text));
}

util::Result<std::string> HttpRemote::get_manifest(const Descriptor& manifest, const util::StopToken& stop)
{
    SF_TRY(auto text, get(blob_place(manifest.digest), longest_manifest, stop));
    return checked_manifest(std::move(text), manifest, name());
}

util::Result<std::optional<std::string>> HttpRemote::find_signature(const util::Digest& manifest, Scheme scheme,
                                                                    const util::StopToken& stop)
{
    return get(signature_place(manifest, scheme), longest_signature, stop);
}

} // namespace sf::cache
