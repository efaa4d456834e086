#include "http/request.hpp"

#include "endless_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sf::http {
namespace {

using ::testing::HasSubstr;

class Nothing : public BodySink {
public:
    util::Status begin(const Exchange& /*answer*/) override { return {}; }
    util::Status write(std::string_view /*bytes*/) override { return {}; }
};

TEST(Exchange, ThePageOfARedirectThatIsNotFollowedEnds)
{
    const EndlessServer server("HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\n\r\n");
    const Request request{.url = server.url(), .follow_redirects = false};
    const Timing timing;
    const util::StopToken never;
    Session session;
    Nothing sink;
    const auto ran = Exchange(session, request, timing, never).run(sink);
    ASSERT_FALSE(ran);
    EXPECT_THAT(ran.error().error.message, HasSubstr("does not end"));
}

} // namespace
} // namespace sf::http
