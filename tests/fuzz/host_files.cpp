// Files of the host that others write lines of: ids that are lent, processes' names, processors.
#include "fuzz/scratch.hpp"
#include "identity/subordinate_ids.hpp"
#include "spec/target.hpp"
#include "util/process/process_table.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    const auto text = sf::fuzz::text_of(bytes, size);
    const sf::identity::Person person{"user", 1000};
    const auto ranges = sf::identity::ranges_of(text, person);
    static_cast<void>(sf::identity::map_arguments(1000, ranges));
    static_cast<void>(sf::identity::reaches(ranges, 65521));
    static_cast<void>(sf::identity::lending_command(text, text, person));
    static_cast<void>(sf::util::parse_process_stat(text, 100, 4096));
    static_cast<void>(sf::spec::Target::native(sf::spec::Processor::read("x86_64", text)));
    return 0;
}
