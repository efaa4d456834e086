#include "lxd/client.hpp"

#include "util/files/mapped_file.hpp"

#include <utility>

namespace sf::lxd {
namespace {

using util::ErrorCode;

constexpr const char* json_type = "application/json";

class TextSink : public http::BodySink {
public:
    util::Status begin(const http::Exchange& /*answer*/) override { return {}; }
    util::Status write(std::string_view bytes) override
    {
        constexpr std::size_t longest = std::size_t{64} << 20U;
        if (text_.size() + bytes.size() > longest)
            return util::fail(ErrorCode::sandbox, "its answer does not end");
        text_ += bytes;
        return {};
    }
    [[nodiscard]] const std::string& text() const { return text_; }

private:
    std::string text_;
};

tl::unexpected<util::Error> refusal(const std::string& path, const std::string& said)
{
    const bool full = said.find("No space left") != std::string::npos;
    return util::fail(full ? ErrorCode::no_space : ErrorCode::sandbox, fmt::format("LXD at {}: {}", path, said),
                      full ? "make the storage pool larger" : "");
}

} // namespace

Client::Client(std::filesystem::path socket, std::string project) :
    socket_(std::move(socket)), project_(std::move(project))
{
}

util::Result<Answer> Client::exchange(http::Method method, const std::string& path, std::string_view body,
                                      const std::string& type, const util::StopToken& stop) const
{
    http::Request request{.url = "http://lxd" + path, .method = method};
    if (path.find("project=") == std::string::npos)
        request.url += (path.find('?') == std::string::npos ? "?project=" : "&project=") + project_;
    request.headers.push_back("Content-Type: " + type);
    request.body = body;
    request.follow_redirects = false;
    request.unix_socket = socket_.string();
    request.wants_error_body = true;
    http::Timing timing;
    timing.stall_timeout = std::chrono::hours(1); // an operation is waited for in silence
    timing.least_speed = 0;
    http::Session session;
    http::Exchange exchange(session, request, timing, stop);
    TextSink sink;
    if (auto ran = exchange.run(sink); !ran) {
        auto error = std::move(ran).error().error;
        if (error.code == ErrorCode::interrupted)
            return tl::unexpected(std::move(error));
        return util::fail(ErrorCode::sandbox,
                          fmt::format("the LXD daemon at {} does not answer: {}", socket_.string(), error.message),
                          "is it still running? its log says more");
    }
    return parse_answer(sink.text());
}

util::Result<Answer> Client::finish(Answer answer, const util::StopToken& stop) const
{
    if (answer.operation.empty() || answer.error_code != 0)
        return answer;
    auto path = answer.operation;
    if (const auto query = path.find('?'); query != std::string::npos)
        path.resize(query);
    SF_TRY(auto ended, exchange(http::Method::get, path + "/wait?timeout=-1", {}, json_type, stop));
    constexpr int failed = 400;
    if (ended.error_code == 0)
        if (auto error = operation_error(ended.metadata); !error.empty()) {
            ended.error = std::move(error);
            ended.error_code = failed;
        }
    return ended;
}

util::Result<std::optional<Json>> Client::find(const std::string& path, const util::StopToken& stop) const
{
    SF_TRY(auto answer, exchange(http::Method::get, path, {}, json_type, stop));
    if (answer.error_code == http::status_not_found)
        return std::optional<Json>();
    if (answer.error_code != 0)
        return refusal(path, answer.error);
    return std::optional<Json>(std::move(answer.metadata));
}

util::Result<Json> Client::get(const std::string& path, const util::StopToken& stop) const
{
    SF_TRY(auto found, find(path, stop));
    if (!found)
        return refusal(path, "not found");
    return std::move(*found);
}

util::Result<Json> Client::send(http::Method method, const std::string& path, const Json& body,
                                const util::StopToken& stop) const
{
    std::string text;
    try {
        text = body.dump();
    } catch (const Json::type_error&) {
        return util::fail(ErrorCode::sandbox, "a path or value for LXD is not valid UTF-8");
    }
    SF_TRY(auto answer, exchange(method, path, text, json_type, stop));
    SF_TRY(auto ended, finish(std::move(answer), stop));
    if (ended.error_code != 0)
        return refusal(path, ended.error);
    return std::move(ended.metadata);
}

util::Result<Json> Client::post(const std::string& path, const Json& body, const util::StopToken& stop) const
{
    return send(http::Method::post, path, body, stop);
}

util::Result<Json> Client::put(const std::string& path, const Json& body, const util::StopToken& stop) const
{
    return send(http::Method::put, path, body, stop);
}

util::Status Client::remove(const std::string& path, const util::StopToken& stop) const
{
    SF_TRY(auto answer, exchange(http::Method::remove, path, {}, json_type, stop));
    SF_TRY(const auto ended, finish(std::move(answer), stop));
    if (ended.error_code != 0 && ended.error_code != http::status_not_found)
        return refusal(path, ended.error);
    return {};
}

util::Result<Json> Client::upload(const std::string& path, const std::filesystem::path& file,
                                  const util::StopToken& stop) const
{
    SF_TRY(const auto bytes, util::MappedFile::open(file));
    SF_TRY(auto answer, exchange(http::Method::post, path, bytes.text(), "application/octet-stream", stop));
    SF_TRY(auto ended, finish(std::move(answer), stop));
    if (ended.error_code != 0)
        return refusal(path, ended.error);
    return std::move(ended.metadata);
}

} // namespace sf::lxd
