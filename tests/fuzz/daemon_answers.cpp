// What LXD's daemon answers, and what OCI runtimes write into their logs.
#include "fuzz/scratch.hpp"
#include "lxd/answer.hpp"
#include "sandbox/runtime_log.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    const auto text = sf::fuzz::text_of(bytes, size);
    if (const auto answer = sf::lxd::parse_answer(text))
        static_cast<void>(sf::lxd::operation_error(answer->metadata));
    static_cast<void>(sf::sandbox::runtime_errors(text));
    return 0;
}
