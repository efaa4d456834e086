#include "cli/build_options.hpp"

namespace sf::cli {

std::shared_ptr<app::BuildRequest> add_build_options(CLI::App& command)
{
    auto request = std::make_shared<app::BuildRequest>();
    command.add_option("--slurm-version", request->slurm_version, "Series (24.11) or exact version (24.11.5) of Slurm")
        ->type_name("VERSION")
        ->capture_default_str();
    command.add_flag("--minimal", request->minimal, "Daemons, commands and core plugins only");
    command
        .add_option("--source", request->sources, "Build PACKAGE from this archive or directory instead of its release")
        ->type_name("PACKAGE=PATH")
        ->allow_extra_args(false);
    command
        .add_option("--target", request->target,
                    "Processors to build for: x86_64_v2, x86_64_v3, x86_64_v4, native (this machine's), or generic")
        ->type_name("TARGET");
    return request;
}

} // namespace sf::cli
