#include "cli/build_options.hpp"

namespace sf::cli {

std::shared_ptr<app::BuildRequest> add_build_options(CLI::App& command)
{
    auto request = std::make_shared<app::BuildRequest>();
    const auto add_list = [&command](const char* name, auto& values, const char* description) {
        return command.add_option(name, values, description)->allow_extra_args(false);
    };
    command.add_option("SPEC", request->spec, "What to build, as a spec: 'slurm@24.11 +kafka ^hwloc@2.12:' [slurm]");
    command
        .add_option(
            "--slurm-version", request->slurm_version,
            "Series (24.11) or exact version (24.11.5) of Slurm [the newest supported series that can be downloaded]")
        ->type_name("VERSION");
    command.add_flag("--minimal", request->minimal, "Daemons, commands and core plugins only");
    command.add_flag("--gpu", request->gpu, "With NVIDIA, AMD and Intel GPU plugins");
    add_list("--variant", request->variants, "A variant of the requested package: +NAME, ~NAME or NAME=VALUE")
        ->type_name("VARIANT");
    command
        .add_option("--target", request->target,
                    "Processor to build for: generic, x86_64_v2, x86_64_v3, x86_64_v4 or native [generic]")
        ->type_name("TARGET");
    command
        .add_option("--hardening", request->hardening,
                    "Protections against attacks on memory: none, default or strict [default]")
        ->type_name("LEVEL");
    command
        .add_option("--glibc", request->glibc,
                    "Oldest glibc to run on: 2.17, 2.28, 2.31, or host for the base image's own [2.28]")
        ->type_name("VERSION");
    command
        .add_option("--toolchain", request->toolchain,
                    "Base image to build in, as --image; a name other than the default becomes part of the file names")
        ->type_name("NAME");
    command.add_flag("--fresh", request->fresh, "Choose versions as if the store were empty");
    command.add_option("--locked", request->lock, "Build exactly the packages of this lock file")->type_name("FILE");
    add_list("--source", request->sources, "Build PACKAGE from this archive or directory instead of its release")
        ->type_name("PACKAGE=PATH");
    return request;
}

} // namespace sf::cli
