// A server whose answer does not end.
#pragma once

#include "util/fd.hpp"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <string>
#include <thread>

namespace sf::http {

/// Answers one request with a head, and then with a page that does not end.
class EndlessServer {
public:
    explicit EndlessServer(std::string head) : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
    {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof(address);
        auto* const name = reinterpret_cast<sockaddr*>(&address);
        EXPECT_EQ(::bind(listener_.get(), name, size), 0);
        EXPECT_EQ(::listen(listener_.get(), 1), 0);
        EXPECT_EQ(::getsockname(listener_.get(), name, &size), 0);
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this, head = std::move(head)] {
            const util::UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
            const std::string page(std::size_t{1} << 16U, 'x');
            for (const auto* part = &head; ::send(client.get(), part->data(), part->size(), MSG_NOSIGNAL) > 0;)
                part = &page;
        });
    }
    ~EndlessServer() { thread_.join(); }
    EndlessServer(const EndlessServer&) = delete;
    EndlessServer& operator=(const EndlessServer&) = delete;

    [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/"; }

private:
    util::UniqueFd listener_;
    unsigned port_ = 0;
    std::thread thread_;
};

} // namespace sf::http
