#include "http/request.hpp"

#include "http/libcurl.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <charconv>

namespace sf::http {

namespace {

/// Of the page that goes with a redirect or an error.
constexpr std::uint64_t longest_dropped = std::uint64_t{1} << 20U;

util::Error source_error(std::string message)
{
    return util::Error{util::ErrorCode::source, std::move(message), {}, {}};
}

Failure failure(util::Error error, bool transient = false)
{
    return Failure{.error = std::move(error), .transient = transient, .unreachable = false};
}

bool is_transient_code(CURLcode code)
{
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_PARTIAL_FILE:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
        return true;
    default:
        return false;
    }
}

const char* method_name(Method method)
{
    switch (method) {
    case Method::get:
        return "GET";
    case Method::head:
        return "HEAD";
    case Method::post:
        return "POST";
    case Method::put:
        return "PUT";
    case Method::remove:
        return "DELETE";
    case Method::patch:
        break;
    }
    return "PATCH";
}

} // namespace

bool is_transient_status(long status)
{
    constexpr std::array<long, 6> passing = {408, 429, 500, 502, 503, 504};
    return std::find(passing.begin(), passing.end(), status) != passing.end();
}

Failure status_failure(long status)
{
    auto result = failure(source_error(fmt::format("HTTP status {}", status)), is_transient_status(status));
    result.status = status;
    return result;
}

Session::Session() : multi_(load_curl() ? curl().multi_init() : nullptr) {}

void Session::Free::operator()(void* multi) const
{
    curl().multi_cleanup(multi);
}

void Exchange::FreeEasy::operator()(void* easy) const
{
    curl().easy_cleanup(easy);
}

void Exchange::FreeList::operator()(void* list) const
{
    curl().slist_free_all(static_cast<curl_slist*>(list));
}

Exchange::Exchange(Session& session, const Request& request, const Timing& timing, const util::StopToken& stop) :
    session_(session), request_(request), timing_(timing), stop_(stop)
{
    static_assert(std::tuple_size_v<decltype(error_text_)> >= CURL_ERROR_SIZE);
}

std::size_t Exchange::on_bytes(char* bytes, std::size_t /*one*/, std::size_t count, void* self)
{
    return static_cast<Exchange*>(self)->take(std::string_view(bytes, count)) ? count : 0;
}

void Exchange::configure_method()
{
    CURL* easy = easy_.get();
    switch (request_.method) {
    case Method::get:
        return;
    case Method::head:
        curl().easy_setopt(easy, CURLOPT_NOBODY, 1L);
        return;
    case Method::remove:
        curl().easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method_name(request_.method));
        return;
    case Method::post:
    case Method::put:
    case Method::patch:
        curl().easy_setopt(easy, CURLOPT_POST, 1L);
        curl().easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
        curl().easy_setopt(easy, CURLOPT_POSTFIELDS, request_.body.empty() ? "" : request_.body.data());
        curl().easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method_name(request_.method));
    }
}

void Exchange::configure()
{
    CURL* easy = easy_.get();
    curl().easy_setopt(easy, CURLOPT_URL, request_.url.c_str());
    curl().easy_setopt(easy, CURLOPT_ERRORBUFFER, error_text_.data());
    curl().easy_setopt(easy, CURLOPT_USERAGENT, "slurm-factory");
    curl().easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl().easy_setopt(easy, CURLOPT_FAILONERROR, request_.wants_error_body ? 0L : 1L);
    curl().easy_setopt(easy, CURLOPT_FOLLOWLOCATION, request_.follow_redirects ? 1L : 0L);
    curl().easy_setopt(easy, CURLOPT_MAXREDIRS, 10L);
    // A redirect must not lead to file: or to one of the other protocols libcurl speaks.
    curl().easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl().easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    curl().easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, static_cast<long>(timing_.connect_timeout.count()));
    curl().easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Exchange::on_bytes);
    curl().easy_setopt(easy, CURLOPT_WRITEDATA, this);
    if (const char* file = certificates())
        curl().easy_setopt(easy, CURLOPT_CAINFO, file);
    if (!request_.unix_socket.empty())
        curl().easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, request_.unix_socket.c_str());
    configure_method();
    curl_slist* list = nullptr;
    for (const auto& header : request_.headers)
        list = curl().slist_append(list, header.c_str());
    // Without this a server that does not know 100-continue costs a second for each body.
    list = curl().slist_append(list, "Expect:");
    headers_.reset(list);
    curl().easy_setopt(easy, CURLOPT_HTTPHEADER, list);
}

long Exchange::status() const
{
    long code = 0;
    if (easy_)
        curl().easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &code);
    return code;
}

bool Exchange::succeeded() const
{
    constexpr long first_redirect = 300;
    return status() >= status_ok && status() < first_redirect;
}

std::vector<std::string> Exchange::headers(const char* name) const
{
    std::vector<std::string> values;
    curl_header* header = nullptr;
    while (curl().easy_header(easy_.get(), name, values.size(), CURLH_HEADER, -1, &header) == CURLHE_OK)
        values.emplace_back(header->value);
    return values;
}

std::optional<std::uint64_t> Exchange::content_length() const
{
    curl_off_t length = -1;
    curl().easy_getinfo(easy_.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    if (length < 0)
        return std::nullopt;
    return static_cast<std::uint64_t>(length);
}

std::optional<std::uint64_t> Exchange::range_start() const
{
    constexpr std::string_view unit = "bytes ";
    for (const std::string& value : headers("Content-Range")) {
        std::uint64_t start = 0;
        if (value.starts_with(unit) &&
            std::from_chars(value.data() + unit.size(), value.data() + value.size(), start).ec == std::errc())
            return start;
    }
    return std::nullopt;
}

bool Exchange::take(std::string_view bytes)
{
    const auto came = std::chrono::steady_clock::now();
    last_activity_ = came;
    if (!succeeded() && !request_.wants_error_body) { // the page that goes with a redirect or an error
        dropped_ += bytes.size();
        return dropped_ <= longest_dropped;
    }
    if (!began_) {
        began_ = true;
        sink_status_ = sink_->begin(*this);
    }
    received_ += bytes.size();
    if (sink_status_)
        sink_status_ = sink_->write(bytes);
    // The time that a slow disk takes is not the server's.
    last_activity_ = std::chrono::steady_clock::now();
    window_start_ += last_activity_ - came;
    return sink_status_.has_value();
}

bool Exchange::is_connected() const
{
    curl_off_t connected = 0;
    curl().easy_getinfo(easy_.get(), CURLINFO_PRETRANSFER_TIME_T, &connected);
    return connected > 0;
}

/// No byte for as long as a stall may last, or fewer in that time than the least speed gives. libcurl's own low-speed
/// limit is of an average over several seconds, and so notices a stall late.
bool Exchange::is_too_slow()
{
    const auto now = std::chrono::steady_clock::now();
    curl_off_t sent = 0;
    curl().easy_getinfo(easy_.get(), CURLINFO_SIZE_UPLOAD_T, &sent);
    const auto moved = received_ + static_cast<std::uint64_t>(sent);
    const bool connected = is_connected(); // before that CURLOPT_CONNECTTIMEOUT watches
    if (!connected || sent != sent_)
        last_activity_ = now;
    sent_ = sent;
    if (now - last_activity_ > timing_.stall_timeout)
        return true;
    if (connected && now - window_start_ < timing_.stall_timeout)
        return false;
    crawls_ = connected &&
              moved - window_bytes_ < timing_.least_speed * static_cast<std::uint64_t>(timing_.stall_timeout.count());
    window_start_ = now;
    window_bytes_ = moved;
    return crawls_;
}

util::Result<int> Exchange::perform()
{
    CURLM* multi = session_.multi_.get();
    if (multi == nullptr || curl().multi_add_handle(multi, easy_.get()) != CURLM_OK)
        return tl::unexpected(source_error("libcurl cannot start a transfer"));
    auto outcome = util::Result<int>(CURLE_OK);
    for (int running = 1; running > 0;) {
        if (auto stopped = stop_.check(); !stopped) {
            // Without this a name look-up under way would be waited for.
            curl().easy_setopt(easy_.get(), CURLOPT_QUICK_EXIT, 1L);
            outcome = tl::unexpected(std::move(stopped).error());
            break;
        }
        if (const auto code = curl().multi_perform(multi, &running); code != CURLM_OK) {
            outcome = tl::unexpected(source_error(curl().multi_strerror(code)));
            break;
        }
        if (running == 0)
            break;
        if (is_too_slow()) {
            outcome = CURLE_OPERATION_TIMEDOUT;
            break;
        }
        curl_waitfd stopped{.fd = stop_.fd(), .events = CURL_WAIT_POLLIN, .revents = 0};
        curl().multi_poll(multi, &stopped, stop_.fd() >= 0 ? 1 : 0, 500, nullptr);
    }
    int left = 0;
    while (const CURLMsg* message = curl().multi_info_read(multi, &left)) {
        if (message->msg == CURLMSG_DONE)
            outcome = message->data.result;
    }
    curl().multi_remove_handle(multi, easy_.get());
    return outcome;
}

Failure Exchange::describe(int number) const
{
    const auto code = static_cast<CURLcode>(number);
    std::string text = error_text_.front() != '\0' ? error_text_.data() : curl().easy_strerror(code);
    if (dropped_ > longest_dropped)
        text = "its answer does not end";
    else if (crawls_)
        text = fmt::format("the transfer is slower than {} a second", util::human_bytes(timing_.least_speed));
    else if (code == CURLE_OPERATION_TIMEDOUT)
        text = is_connected() ? fmt::format("the transfer stalled for {} s after {}", timing_.stall_timeout.count(),
                                            util::human_bytes(received_))
                              : fmt::format("no connection within {} s", timing_.connect_timeout.count());
    auto result = failure(source_error(std::move(text)), is_transient_code(code));
    result.unreachable = result.transient && !is_connected();
    return result;
}

tl::expected<void, Failure> Exchange::run(BodySink& sink)
{
    sink_ = &sink;
    if (auto loaded = load_curl(); !loaded)
        return tl::unexpected(failure(std::move(loaded).error()));
    easy_.reset(curl().easy_init());
    if (!easy_)
        return tl::unexpected(failure(source_error("libcurl cannot start a transfer")));
    configure();
    last_activity_ = std::chrono::steady_clock::now();
    window_start_ = last_activity_;
    auto code = perform();
    if (!code)
        return tl::unexpected(failure(std::move(code).error()));
    if (*code == CURLE_OK && !began_ && succeeded())
        sink_status_ = sink.begin(*this); // an empty body: nothing called take()
    if (!sink_status_) {
        const bool transient = sink_status_.error().code == util::ErrorCode::source;
        return tl::unexpected(failure(std::move(sink_status_).error(), transient));
    }
    if (*code != CURLE_OK && *code != CURLE_HTTP_RETURNED_ERROR)
        return tl::unexpected(describe(*code));
    return {};
}

} // namespace sf::http
