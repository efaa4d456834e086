#include "sandbox/init_channel.hpp"

#include "sandbox/memory_file.hpp"
#include "util/files/fs.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace sf::sandbox {
namespace {

using util::ErrorCode;

util::Status send_with_descriptors(int socket, Hello hello, const std::vector<int>& descriptors)
{
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * most_descriptors)> control{};
    const auto bytes = descriptors.size() * sizeof(int);
    iovec part = {&hello, sizeof hello};
    msghdr message = {};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(bytes);
    auto* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(bytes);
    std::memcpy(CMSG_DATA(header), descriptors.data(), bytes);
    if (::sendmsg(socket, &message, MSG_NOSIGNAL) != static_cast<ssize_t>(sizeof hello))
        return util::fail_errno(errno, "cannot hand descriptors to a sandbox");
    return {};
}

} // namespace

util::Result<bool> wait_readable(int fd, const util::StopToken& stop, int timeout_ms)
{
    for (;;) {
        std::array<pollfd, 2> fds = {pollfd{fd, POLLIN, 0}, pollfd{stop.fd(), POLLIN, 0}};
        const int count = ::poll(fds.data(), fds.size(), timeout_ms);
        if (count < 0 && errno != EINTR)
            return util::fail_errno(errno, "cannot wait for a sandbox");
        SF_CHECK(stop.check());
        if (count == 0)
            return false;
        if (count > 0 && fds[0].revents != 0)
            return true;
    }
}

util::Status InitChannel::begin(const InitTask& task, const util::StopToken& stop)
{
    SF_TRY(const auto first, follow(stop));
    if (first && first->said == Said::failed)
        return tl::unexpected(report_error(task.job, *first, {}));
    if (!first || first->said != Said::ready)
        return util::fail(ErrorCode::sandbox,
                          fmt::format("the first process of the sandbox of '{}' ended before it began", task.job),
                          "docs/sandbox.md says what the sandbox needs from the host");
    SF_TRY(const auto plan, memory_file("slurm-factory-plan", to_bytes(task.plan), MemoryFile::data));
    util::UniqueFd null;
    util::UniqueFd network;
    std::vector<int> descriptors = {plan.get(), task.log_fd};
    if (task.log_fd < 0) {
        SF_TRY(null, util::open_file("/dev/null", O_RDWR));
        descriptors.back() = null.get();
    }
    descriptors.insert(descriptors.end(), task.join_fds.begin(), task.join_fds.end());
    if (task.network) {
        SF_TRY(network, util::open_file("/proc/self/ns/net", O_RDONLY));
        descriptors.push_back(network.get());
    }
    descriptors.insert(descriptors.end(), task.inherited_fds.begin(), task.inherited_fds.end());
    if (descriptors.size() > most_descriptors)
        return util::fail(ErrorCode::sandbox, fmt::format("job '{}' hands in {} descriptors, more than {}", task.job,
                                                          descriptors.size(), most_descriptors));
    const Hello hello{static_cast<std::uint32_t>(task.join_fds.size()), task.network ? 1U : 0U};
    return send_with_descriptors(connection_.get(), hello, descriptors);
}

util::Result<std::optional<Report>> InitChannel::follow(const util::StopToken& stop)
{
    SF_CHECK(wait_readable(connection_.get(), stop));
    Report report;
    const auto size = ::recv(connection_.get(), &report, sizeof report, 0);
    report.text.back() = '\0';
    if (size != static_cast<ssize_t>(sizeof report))
        return std::optional<Report>();
    return std::optional(report);
}

util::Error report_error(const std::string& job, const Report& report, const std::string& hint)
{
    return {report.value == ENOSPC ? ErrorCode::no_space : ErrorCode::sandbox,
            fmt::format("the sandbox of '{}' {}", job, report.text.data()),
            hint,
            {}};
}

} // namespace sf::sandbox
