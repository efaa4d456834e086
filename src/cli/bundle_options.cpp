#include "cli/bundle_options.hpp"

#include "cli/choice.hpp"
#include "cli/push_options.hpp"

namespace sf::cli {

void BundleOptions::apply(app::BuildOptions& options) const
{
    if (!archives.empty())
        options.archives = archives;
    options.extras = extras;
    if (sign || !signing.key.empty() || !signing.gpg_key.empty())
        options.signing = signing;
}

std::shared_ptr<BundleOptions> add_bundle_options(CLI::App& command)
{
    auto options = std::make_shared<BundleOptions>();
    command
        .add_option("--archive", options->archives,
                    "Kind of the tarballs: gz, zst (a third smaller), or both as gz,zst [gz]")
        ->type_name("KIND")
        ->allow_extra_args(false)
        ->delimiter(',')
        ->transform(choice<bundle::Archive>({{"gz", bundle::Archive::gz}, {"zst", bundle::Archive::zst}}));
    command
        .add_option("--with", options->extras,
                    "Also write tarballs to unpack over the software: dev (headers, pkg-config), debug (symbols)")
        ->type_name("EXTRA")
        ->allow_extra_args(false)
        ->delimiter(',')
        ->transform(choice<bundle::Extra>({{"dev", bundle::Extra::dev}, {"debug", bundle::Extra::debug}}));
    command.add_flag("--sign", options->sign, "Write a detached signature beside each file [cache.signing-key]");
    add_signing_options(command, options->signing);
    return options;
}

} // namespace sf::cli
