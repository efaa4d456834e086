#include "verify/verify.hpp"
#include "app/build/smoke_test.hpp"
#include "app/exchange/runnable_image.hpp"
#include "cli/command.hpp"
#include "cli/output.hpp"
#include "cli/verify_report.hpp"

#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

namespace sf::cli {
namespace {

struct VerifyChoice {
    std::string path;
    std::string policy;
    bool json = false;
    bool run = false;
    std::vector<std::string> images;
};

util::Result<Verification> verify_tree(const app::Session& session, const VerifyChoice& choice,
                                       const verify::VerifyOptions& options)
{
    Verification verification{choice.path, choice.policy, {}, {}};
    SF_TRY(const auto tree, verify::Tree::open(choice.path, options.policy));
    SF_TRY(verification.report, verify::audit(tree, options));
    auto images = choice.images;
    if (choice.run && images.empty())
        images.emplace_back(app::default_run_base);
    for (const auto& image : images) {
        SF_TRY(auto run, app::run_smoke_test(session, tree.root(), image));
        verification.runs.push_back(std::move(run));
    }
    return verification;
}

util::Result<int> run_verify(const app::Session& session, const VerifyChoice& choice)
{
    verify::VerifyOptions options;
    if (!choice.policy.empty()) {
        SF_TRY(options.policy, verify::Policy::load(choice.policy));
    }
    auto verification = verify_tree(session, choice, options);
    if (!verification)
        return util::fail(std::move(verification).error(), fmt::format("auditing {}", choice.path));
    write(choice.json ? verification_json(*verification) : verification_text(*verification));
    return verification->passed() ? 0 : static_cast<int>(util::ErrorCode::verify);
}

void define_verify(CLI::App& command, Invocation& invocation)
{
    auto choice = std::make_shared<VerifyChoice>();
    command.add_option("TARBALL|DIR", choice->path, "Software tarball, or the directory it was unpacked to")
        ->required();
    command.add_option("--policy", choice->policy, "Site policy file: stricter or looser checks")->type_name("FILE");
    command.add_flag("--json", choice->json, "Print the report as JSON");
    command.add_flag("--run", choice->run, "Also start it as a cluster of one node in a sandbox, and run jobs");
    command
        .add_option("--on", choice->images,
                    fmt::format("Base image to run it on, several times for several; implies --run [{}]",
                                app::default_run_base))
        ->type_name("IMAGE")
        ->allow_extra_args(false);
    command.callback([&invocation, choice] {
        invocation.action = [choice](const app::Session& session) { return run_verify(session, *choice); };
    });
}

/// A sandbox, where it runs the tree.
Needs needs_of_verify(const CLI::App& command)
{
    return command.count("--run") + command.count("--on") > 0 ? Needs::builder : Needs::nothing;
}

const Registration registered_verify({
    .place = {HelpGroup::hosts, 1},
    .path = "verify",
    .description = "Audit a software tarball or tree: will it run wherever it is unpacked?",
    .examples = "slurm-factory verify ~/.slurm-factory/builds/slurm-24.11-software.tar.gz\n"
                "  slurm-factory verify --policy policy.yaml --json /opt/slurm/current\n"
                "  slurm-factory verify --run --on bookworm-run --on trixie software.tar.gz",
    .needs = Needs::nothing,
    .define = define_verify,
    .needs_with = needs_of_verify,
});

} // namespace
} // namespace sf::cli
