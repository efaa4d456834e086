#include "lxd/answer.hpp"
#include "lxd/socket.hpp"

#include <gtest/gtest.h>

#include <map>

namespace {

using namespace sf::lxd;

TEST(LxdAnswer, SyncHasTheThing)
{
    const auto answer = parse_answer(R"({"type":"sync","status_code":200,"metadata":{"name":"x"}})");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->metadata["name"], "x");
    EXPECT_TRUE(answer->operation.empty());
    EXPECT_EQ(answer->error_code, 0);
}

TEST(LxdAnswer, AsyncNamesItsOperation)
{
    const auto answer = parse_answer(
        R"({"type":"async","status_code":100,"operation":"/1.0/operations/1-2?project=p","metadata":{"id":"1-2"}})");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->operation, "/1.0/operations/1-2?project=p");
}

TEST(LxdAnswer, ErrorHasCodeAndText)
{
    const auto answer = parse_answer(R"({"type":"error","error":"Instance not found","error_code":404})");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->error_code, 404);
    EXPECT_EQ(answer->error, "Instance not found");
    EXPECT_NE(parse_answer(R"({"type":"error","error":"?"})")->error_code, 0);
}

TEST(LxdAnswer, WhatIsNoneIsRefused)
{
    for (const auto* text : {"", "<html>", "[]", "{}", R"({"type":3})", R"({"type":"other"})", "{\"type\":\"sync\""})
        EXPECT_FALSE(parse_answer(text)) << text;
}

TEST(LxdAnswer, OperationsEndWellOrSayWhyNot)
{
    auto state = [](const char* text) { return operation_error(Json::parse(text)); };
    EXPECT_EQ(state(R"({"status":"Success","status_code":200,"err":""})"), "");
    EXPECT_EQ(state(R"({"status":"Failure","status_code":400,"err":"no space"})"), "no space");
    EXPECT_EQ(state(R"({"status":"Cancelled","status_code":401,"err":""})"), "Cancelled");
    EXPECT_NE(state("null"), "");
}

TEST(LxdSocket, TheEnvironmentComesFirst)
{
    const std::map<std::string, const char*> set = {{"LXD_DIR", "/d"}, {"INCUS_SOCKET", "/i.sock"}, {"LXD_SOCKET", ""}};
    const auto sockets = usual_sockets([&set](const char* name) {
        const auto at = set.find(name);
        return at != set.end() ? at->second : nullptr;
    });
    ASSERT_GE(sockets.size(), 4U);
    EXPECT_EQ(sockets[0], "/d/unix.socket");
    EXPECT_EQ(sockets[1], "/i.sock");
    EXPECT_EQ(sockets[2], "/var/lib/lxd/unix.socket");
}

TEST(LxdSocket, WhereNobodyListensSaysWhatToDo)
{
    const auto missing = find_socket("/nonexistent/unix.socket");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, sf::util::ErrorCode::sandbox);
    EXPECT_FALSE(missing.error().hint.empty());
}

} // namespace
