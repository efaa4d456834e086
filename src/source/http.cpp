#include "source/http.hpp"

#include "source/wait.hpp"
#include "util/fs.hpp"
#include "util/text.hpp"

#include <curl/curl.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <memory>
#include <optional>
#include <string_view>

namespace sf::source {

namespace {

constexpr long status_ok = 200;
constexpr long status_partial_content = 206;
constexpr long status_range_not_satisfiable = 416;
constexpr std::chrono::milliseconds longest_pause{8000};

struct EasyFree {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct MultiFree {
    void operator()(CURLM* handle) const { curl_multi_cleanup(handle); }
};

/// libcurl's process-wide state, made once; it is never torn down because other threads may still be using it at exit.
bool curl_is_ready()
{
    static const bool ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    return ready;
}

HttpFailure failure(util::Error error, bool transient = false)
{
    return HttpFailure{.error = std::move(error), .transient = transient, .unreachable = false};
}

util::Error source_error(std::string message)
{
    return util::Error{util::ErrorCode::source, std::move(message), {}, {}};
}

bool is_transient_status(long status)
{
    constexpr std::array<long, 6> passing = {408, 429, 500, 502, 503, 504};
    return std::find(passing.begin(), passing.end(), status) != passing.end();
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

/// One request. The methods called by libcurl must not throw.
class Transfer {
public:
    Transfer(const std::string& url, std::filesystem::path file, const HttpOptions& options,
             const util::StopToken& stop, const OnProgress& on_progress) :
        url_(url),
        file_(std::move(file)), options_(options), stop_(stop), on_progress_(on_progress)
    {
    }

    tl::expected<HttpDone, HttpFailure> run();

private:
    static std::size_t on_bytes(char* bytes, std::size_t /*one*/, std::size_t count, void* self)
    {
        return static_cast<Transfer*>(self)->write(std::string_view(bytes, count)) ? count : 0;
    }

    util::Status open();
    void configure();
    util::Result<CURLcode> perform();
    bool write(std::string_view bytes);
    bool has_stalled();
    [[nodiscard]] bool is_connected() const;
    util::Status begin_body();
    util::Status restart_file();
    [[nodiscard]] std::optional<std::uint64_t> range_start() const;
    [[nodiscard]] long status() const;
    [[nodiscard]] HttpFailure describe(CURLcode code) const;

    const std::string& url_;
    std::filesystem::path file_;
    const HttpOptions& options_;
    const util::StopToken& stop_;
    const OnProgress& on_progress_;

    std::unique_ptr<CURL, EasyFree> easy_;
    std::array<char, CURL_ERROR_SIZE> error_text_{};
    util::UniqueFd fd_;
    std::uint64_t offset_ = 0;                         ///< bytes in the file
    std::uint64_t total_ = 0;                          ///< bytes there will be; 0: not known
    std::chrono::steady_clock::time_point last_bytes_; ///< when bytes came, or the connection was made
    bool began_ = false;
    bool resumed_ = false;
    util::Status write_status_; ///< why write() refused
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

void Transfer::configure()
{
    CURL* easy = easy_.get();
    curl_easy_setopt(easy, CURLOPT_URL, url_.c_str());
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error_text_.data());
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "slurm-factory");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(easy, CURLOPT_MAXREDIRS, 10L);
    // A redirect must not lead to file: or to one of the other protocols libcurl speaks.
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, static_cast<long>(options_.connect_timeout.count()));
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Transfer::on_bytes);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
    // Not CURLOPT_RESUME_FROM: with it libcurl fails when a server ignores the range, and we can cope with that.
    if (offset_ > 0)
        curl_easy_setopt(easy, CURLOPT_RANGE, fmt::format("{}-", offset_).c_str());
}

long Transfer::status() const
{
    long code = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &code);
    return code;
}

std::optional<std::uint64_t> Transfer::range_start() const
{
    curl_header* header = nullptr;
    if (curl_easy_header(easy_.get(), "Content-Range", 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
        return std::nullopt;
    constexpr std::string_view unit = "bytes ";
    const std::string_view value = header->value;
    std::uint64_t start = 0;
    if (!value.starts_with(unit) ||
        std::from_chars(value.data() + unit.size(), value.data() + value.size(), start).ec != std::errc())
        return std::nullopt;
    return start;
}

util::Status Transfer::restart_file()
{
    offset_ = 0;
    if (::ftruncate(fd_.get(), 0) != 0 || ::lseek(fd_.get(), 0, SEEK_SET) != 0)
        return util::fail_errno(errno, "cannot empty " + file_.string());
    return {};
}

util::Status Transfer::begin_body()
{
    began_ = true;
    if (status() == status_partial_content) {
        if (const auto start = range_start(); start != offset_) {
            SF_CHECK(restart_file());
            return tl::unexpected(source_error("the server sent another range than was asked for"));
        }
        resumed_ = true;
    } else if (status() == status_ok) {
        SF_CHECK(restart_file());
    } else {
        return tl::unexpected(source_error(fmt::format("unexpected HTTP status {}", status())));
    }
    curl_off_t length = -1;
    curl_easy_getinfo(easy_.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    if (length < 0)
        return {};
    total_ = offset_ + static_cast<std::uint64_t>(length);
    return util::require_space(file_.parent_path(), static_cast<std::uint64_t>(length),
                               "the download of " + file_.filename().string());
}

bool Transfer::write(std::string_view bytes)
{
    if (!began_)
        write_status_ = begin_body();
    if (write_status_)
        write_status_ = util::write_all(fd_.get(), bytes);
    if (!write_status_)
        return false;
    last_bytes_ = std::chrono::steady_clock::now();
    offset_ += bytes.size();
    if (on_progress_)
        on_progress_(offset_, total_);
    return true;
}

bool Transfer::is_connected() const
{
    curl_off_t connected = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_PRETRANSFER_TIME_T, &connected);
    return connected > 0;
}

/// libcurl's own low-speed limit is of an average over several seconds, and so notices a stall late.
bool Transfer::has_stalled()
{
    const auto now = std::chrono::steady_clock::now();
    if (!is_connected())
        last_bytes_ = now; // CURLOPT_CONNECTTIMEOUT watches over that
    return now - last_bytes_ > options_.stall_timeout;
}

util::Result<CURLcode> Transfer::perform()
{
    const std::unique_ptr<CURLM, MultiFree> multi(curl_multi_init());
    if (!multi || curl_multi_add_handle(multi.get(), easy_.get()) != CURLM_OK)
        return tl::unexpected(source_error("libcurl cannot start a transfer"));
    auto outcome = util::Result<CURLcode>(CURLE_OK);
    for (int running = 1; running > 0;) {
        if (auto stopped = stop_.check(); !stopped) {
            // Without this a name look-up under way would be waited for.
            curl_easy_setopt(easy_.get(), CURLOPT_QUICK_EXIT, 1L);
            outcome = tl::unexpected(std::move(stopped).error());
            break;
        }
        if (const auto code = curl_multi_perform(multi.get(), &running); code != CURLM_OK) {
            outcome = tl::unexpected(source_error(curl_multi_strerror(code)));
            break;
        }
        if (running == 0)
            break;
        if (has_stalled()) {
            outcome = CURLE_OPERATION_TIMEDOUT;
            break;
        }
        curl_waitfd stopped{.fd = stop_.fd(), .events = CURL_WAIT_POLLIN, .revents = 0};
        curl_multi_poll(multi.get(), &stopped, stop_.fd() >= 0 ? 1 : 0, 500, nullptr);
    }
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi.get(), &left)) {
        if (message->msg == CURLMSG_DONE)
            outcome = message->data.result;
    }
    curl_multi_remove_handle(multi.get(), easy_.get());
    return outcome;
}

HttpFailure Transfer::describe(CURLcode code) const
{
    if (code == CURLE_HTTP_RETURNED_ERROR)
        return failure(source_error(fmt::format("HTTP status {}", status())), is_transient_status(status()));
    std::string text = error_text_.front() != '\0' ? error_text_.data() : curl_easy_strerror(code);
    if (code == CURLE_OPERATION_TIMEDOUT)
        text = is_connected() ? fmt::format("the transfer stalled for {} s after {}", options_.stall_timeout.count(),
                                            util::human_bytes(offset_))
                              : fmt::format("no connection within {} s", options_.connect_timeout.count());
    auto result = failure(source_error(std::move(text)), is_transient_code(code));
    result.unreachable = result.transient && !is_connected();
    return result;
}

tl::expected<HttpDone, HttpFailure> Transfer::run()
{
    if (auto opened = open(); !opened)
        return tl::unexpected(failure(std::move(opened).error()));
    easy_.reset(curl_is_ready() ? curl_easy_init() : nullptr);
    if (!easy_)
        return tl::unexpected(failure(source_error("libcurl cannot be initialised")));
    configure();
    auto code = perform();
    if (!code)
        return tl::unexpected(failure(std::move(code).error()));
    if (*code == CURLE_OK && !began_)
        write_status_ = begin_body(); // an empty file has no body that would have called write()
    if (!write_status_) {
        if (write_status_.error().code == util::ErrorCode::no_space)
            ::unlink(file_.c_str());
        const bool transient = write_status_.error().code == util::ErrorCode::source;
        return tl::unexpected(failure(std::move(write_status_).error(), transient));
    }
    // Nothing follows what we have: it may be complete, and the checksum will tell.
    if (*code == CURLE_HTTP_RETURNED_ERROR && status() == status_range_not_satisfiable && offset_ > 0)
        return HttpDone{.resumed = true};
    if (*code != CURLE_OK)
        return tl::unexpected(describe(*code));
    return HttpDone{.resumed = resumed_};
}

} // namespace

tl::expected<HttpDone, HttpFailure> download_http(const std::string& url, const std::filesystem::path& file,
                                                  const HttpOptions& options, const util::StopToken& stop,
                                                  const OnProgress& on_progress)
{
    auto pause_length = options.first_pause;
    for (unsigned attempt = 0;; ++attempt) {
        auto done = Transfer(url, file, options, stop, on_progress).run();
        if (done)
            return done;
        if (!done.error().transient || attempt >= options.retries) {
            if (attempt > 0 && done.error().transient)
                done.error().error.message += fmt::format(" (tried {} times)", attempt + 1);
            return done;
        }
        if (auto waited = pause(pause_length, stop); !waited)
            return tl::unexpected(failure(std::move(waited).error()));
        pause_length = std::min(pause_length * 2, longest_pause);
    }
}

} // namespace sf::source
