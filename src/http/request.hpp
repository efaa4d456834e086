// One request over http or https and its answer, through libcurl.
#pragma once

#include "util/error.hpp"
#include "util/stop.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sf::http {

inline constexpr long status_ok = 200;
inline constexpr long status_partial_content = 206;
inline constexpr long status_unauthorized = 401;
inline constexpr long status_not_found = 404;
inline constexpr long status_range_not_satisfiable = 416;

struct Timing {
    std::chrono::seconds connect_timeout{10};
    std::chrono::seconds stall_timeout{30}; ///< longest time in which no byte goes either way
    std::uint64_t least_speed = 1024;       ///< bytes a second over each stall_timeout, both ways; 0: any
};

enum class Method { get, head, post, put, patch, remove }; ///< remove: DELETE

struct Request {
    std::string url;
    Method method = Method::get;
    std::vector<std::string> headers{}; ///< "Name: value"; "Authorization" does not go to other hosts
    std::string_view body{};            ///< of post, put and patch; must live until the answer is there
    bool follow_redirects = true;       ///< to http and https only
    std::string unix_socket{};          ///< where the connection goes, whatever host the URL names; empty: to that host
    bool wants_error_body = false;      ///< the sink sees the body of an answer that is no success, too
};

/// A request that was not answered, or not as it should have been.
struct Failure {
    util::Error error;        ///< code source, no_space, permission or interrupted; the URL is not in the message
    bool transient = false;   ///< the same request may succeed later
    bool unreachable = false; ///< no connection to the host (or proxy) could be made
    long status = 0;          ///< of the answer, where that was no success; 0: the fault is another
};

/// A server that is overloaded or being restarted gives these.
[[nodiscard]] bool is_transient_status(long status);
/// "HTTP status 404" as a failure.
[[nodiscard]] Failure status_failure(long status);

class Exchange;

/// Takes the body of an answer of success. An error of code source is taken as the server's fault, which may pass.
/// Called from libcurl: must not throw.
class BodySink {
public:
    BodySink() = default;
    BodySink(const BodySink&) = delete;
    BodySink& operator=(const BodySink&) = delete;
    virtual ~BodySink() = default;

    /// Once, before the first byte or, where there is none, at the end. Status and headers can be asked for.
    [[nodiscard]] virtual util::Status begin(const Exchange& answer) = 0;
    [[nodiscard]] virtual util::Status write(std::string_view bytes) = 0;
};

/// Keeps connections for later requests. For one exchange at a time.
class Session {
public:
    Session();

private:
    friend class Exchange;
    struct Free {
        void operator()(void* multi) const;
    };
    std::unique_ptr<void, Free> multi_;
};

class Exchange {
public:
    /// All of them must outlive the exchange.
    Exchange(Session& session, const Request& request, const Timing& timing, const util::StopToken& stop);
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;
    ~Exchange() = default;

    /// Returns when there is an answer, of success or not: `sink` sees the former's body, the latter's is dropped
    /// unless the request wants it.
    [[nodiscard]] tl::expected<void, Failure> run(BodySink& sink);

    [[nodiscard]] long status() const;
    [[nodiscard]] bool succeeded() const;
    /// All values of a header of the (last) answer.
    [[nodiscard]] std::vector<std::string> headers(const char* name) const;
    [[nodiscard]] std::optional<std::uint64_t> content_length() const;
    /// Where the bytes of a partial answer begin.
    [[nodiscard]] std::optional<std::uint64_t> range_start() const;

private:
    static std::size_t on_bytes(char* bytes, std::size_t one, std::size_t count, void* self);
    void configure();
    void configure_method();
    [[nodiscard]] util::Result<int> perform();
    [[nodiscard]] bool take(std::string_view bytes);
    [[nodiscard]] bool is_too_slow();
    [[nodiscard]] bool is_connected() const;
    [[nodiscard]] Failure describe(int code) const;

    struct FreeEasy {
        void operator()(void* easy) const;
    };
    struct FreeList {
        void operator()(void* list) const;
    };

    Session& session_;
    const Request& request_;
    const Timing& timing_;
    const util::StopToken& stop_;
    BodySink* sink_ = nullptr;

    std::unique_ptr<void, FreeEasy> easy_;
    std::unique_ptr<void, FreeList> headers_;
    std::array<char, 256> error_text_{};                  ///< CURL_ERROR_SIZE
    std::chrono::steady_clock::time_point last_activity_; ///< when bytes moved, or the connection was made
    std::chrono::steady_clock::time_point window_start_;  ///< since when the speed is measured
    std::uint64_t window_bytes_ = 0;                      ///< that had moved by then
    bool crawls_ = false;                                 ///< bytes move, and too few
    std::uint64_t dropped_ = 0;                           ///< bytes of a page that nobody wants
    std::uint64_t received_ = 0;
    std::int64_t sent_ = 0;
    bool began_ = false;
    util::Status sink_status_;
};

} // namespace sf::http
