#include "app/exchange/runnable_image.hpp"
#include "app/remotes/signing.hpp"
#include "cli/build_options.hpp"
#include "cli/build_report.hpp"
#include "cli/bundle_diff.hpp"
#include "cli/bundle_options.hpp"
#include "cli/command.hpp"
#include "cli/output.hpp"

#include <fmt/format.h>

namespace sf::cli {
namespace {

void add_bundle_check(CLI::App& parent, Invocation& invocation)
{
    auto* command = add_command(parent, "check", "Compare files with the sums and signatures beside them",
                                "slurm-factory bundle check slurm-24.11-software.tar.gz\n"
                                "  slurm-factory bundle check --signed slurm-24.11-*.tar.gz");
    auto files = std::make_shared<std::vector<std::string>>();
    auto is_signed = std::make_shared<bool>(false);
    command->add_option("FILE", *files, "Files of a bundle")->required();
    command->add_flag("--signed", *is_signed, "Fail if a file is not signed by a key of the ring (cache keys)");
    command->callback([&invocation, files, is_signed] {
        invocation.action = [files, is_signed](const app::Session& session) -> util::Result<int> {
            for (const auto& file : *files) {
                SF_TRY(const auto checked, app::check_file(session, file));
                print("{}: sha256 {}, {}; {}\n", file, checked.sha256,
                      checked.listed ? "as is written beside it" : "with no sum beside it",
                      checked.signer.empty() ? "not signed" : "signed by " + checked.signer);
                if (*is_signed && checked.signer.empty())
                    return util::fail(
                        util::ErrorCode::verify, fmt::format("{} is not signed", file),
                        "sign it where it was built: 'slurm-factory bundle --sign' with the same options");
            }
            return 0;
        };
    });
}

void add_bundle_diff(CLI::App& parent, Invocation& invocation)
{
    auto* command = add_command(parent, "diff", "Compare two bundles",
                                "slurm-factory bundle diff slurm-24.11-software.tar.gz slurm-25.05-software.tar.gz\n"
                                "  slurm-factory bundle diff --files /opt/slurm/old /opt/slurm/new");
    auto before = std::make_shared<std::string>();
    auto after = std::make_shared<std::string>();
    auto format = std::make_shared<DiffFormat>();
    command->add_option("BEFORE", *before, "Software tarball, or the directory it was unpacked to")->required();
    command->add_option("AFTER", *after, "The same")->required();
    command->add_flag("--files", format->files, "List every file");
    command->add_flag("--json", format->json, "As JSON, with every file");
    command->callback([&invocation, before, after, format] {
        invocation.action = [before, after, format](const app::Session& session) -> util::Result<int> {
            SF_TRY(auto old_one, bundle::read_contents(*before, session.stop));
            SF_TRY(auto new_one, bundle::read_contents(*after, session.stop));
            print_diff(bundle::diff(std::move(old_one), std::move(new_one)), *format);
            return 0;
        };
    });
}

void define_bundle(CLI::App& command, Invocation& invocation)
{
    command.require_subcommand(0, 1);
    auto request = add_build_options(command);
    auto contents = add_bundle_options(command);
    auto place = std::make_shared<std::string>();
    auto base = std::make_shared<std::string>();
    command
        .add_option("--oci", *place,
                    "Write an image for podman and the like instead: to oci:DIRECTORY:TAG or "
                    "oci://HOST/REPOSITORY:TAG")
        ->type_name("PLACE");
    command.add_option("--base", *base, fmt::format("The base system of that image [{}]", app::default_run_base))
        ->type_name("IMAGE");
    command.callback([&invocation, &command, request, contents, place, base] {
        if (!command.get_subcommands().empty())
            return;
        invocation.action = [request, contents, place, base](const app::Session& session) -> util::Result<int> {
            if (!place->empty()) {
                SF_TRY(const auto where, app::export_run_image(session, *request, *place, *base));
                print("{}\n", where);
                return 0;
            }
            app::BuildOptions options;
            contents->apply(options);
            SF_TRY(const auto report, app::pack(session, *request, options));
            print_build(report);
            return 0;
        };
    });
    add_bundle_check(command, invocation);
    add_bundle_diff(command, invocation);
}

const Registration registered_bundle({
    .place = {HelpGroup::building, 2},
    .path = "bundle",
    .description = "Pack what was built; compare and check bundles",
    .examples = "slurm-factory bundle --slurm-version 24.11 --with dev,debug\n"
                "  slurm-factory bundle --slurm-version 24.11 --oci oci:/srv/images:slurm-24.11\n"
                "  slurm-factory bundle --slurm-version 24.11 --oci "
                "oci://registry.example.org/hpc/slurm:24.11\n"
                "  slurm-factory bundle diff slurm-24.11-software.tar.gz slurm-25.05-software.tar.gz",
    .needs = Needs::builder,
    .define = define_bundle,
});

} // namespace
} // namespace sf::cli
