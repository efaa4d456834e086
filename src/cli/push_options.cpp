#include "cli/push_options.hpp"

#include "cli/choice.hpp"
#include "cli/output.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

namespace sf::cli {

void add_signing_options(CLI::App& command, app::SigningOptions& options)
{
    command.add_option("--key", options.key, "Sign with this secret key (cache keys generate) [cache.signing-key]")
        ->type_name("FILE");
    command.add_option("--password-file", options.password_file, "The first line of FILE unlocks the key")
        ->type_name("FILE");
    command.add_option("--gpg-key", options.gpg_key, "Sign with this key of your gpg: OpenPGP")
        ->type_name("USER")
        ->excludes("--key");
}

void add_push_options(CLI::App& command, app::PushOptions& options)
{
    add_signing_options(command, options.signing);
    command.add_flag("!--no-base-image", options.base_image,
                     "Push packages only, not the base image they were built in");
    command
        .add_option("--compression", options.compression,
                    "Compression of the packages' layers: gzip, or zstd, which is smaller but makes pulls slower "
                    "[cache.compression]")
        ->type_name("KIND")
        ->transform(choice<store::Coding>({{"gzip", store::Coding::gzip}, {"zstd", store::Coding::zstd}}));
}

void print_push(const app::PushReport& report)
{
    if (!report.base_image.empty())
        print("base image {} pushed\n", report.base_image);
    print("{} packages pushed ({}), {} were there; {}\n", report.pushed, util::human_bytes(report.bytes), report.there,
          report.is_signed ? "signed" : "not signed");
}

} // namespace sf::cli
