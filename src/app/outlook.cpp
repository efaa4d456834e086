#include "app/outlook.hpp"

#include "build/package_builder.hpp"
#include "build/scheduler.hpp"
#include "util/fs.hpp"
#include "util/text.hpp"

#include <algorithm>

namespace sf::app {
namespace {

/// Keys of steps above one that must be built are not known before it is built.
util::Status look_up(store::Database& database, const store::LayerStore& layers, const plan::Plan& plan,
                     std::vector<Prospect>& prospects)
{
    for (auto& prospect : prospects) {
        std::vector<const store::Action*> inputs;
        for (const auto input : prospect.step->inputs)
            if (const auto& action = prospects[input].action)
                inputs.push_back(&*action);
        if (inputs.size() < prospect.step->inputs.size())
            continue;
        const auto key = build::key_inputs(plan, *prospect.step, inputs).digest();
        SF_TRY(prospect.action, build::find_built(database, layers, key));
    }
    return {};
}

util::Status look_back(store::Database& database, std::vector<Prospect>& prospects)
{
    for (auto& prospect : prospects) {
        SF_TRY(const auto earlier, database.actions_of(prospect.step->name));
        if (!earlier.empty())
            prospect.cpu_seconds = earlier.front().cpu_seconds;
    }
    return {};
}

void estimate(const site::Site& site, Outlook& outlook)
{
    std::vector<double> durations;
    double work = 0;
    for (const auto& prospect : outlook.prospects) {
        durations.push_back(prospect.action ? 0 : prospect.cpu_seconds.value_or(0));
        work += durations.back();
        outlook.to_build += prospect.action ? 0 : 1;
        outlook.unknown += !prospect.action && !prospect.cpu_seconds ? 1 : 0;
    }
    const auto jobs = static_cast<double>(site.effective_jobs());
    double chain = 0;
    // A package's own make is spread over the jobs as far as it goes; half of them is what most reach.
    for (const auto remaining : build::remaining_paths(outlook.plan, durations))
        chain = std::max(chain, remaining / std::max(1.0, jobs / 2));
    outlook.seconds = std::max(chain, work / jobs);
}

} // namespace

const Prospect* Outlook::find(std::string_view package) const
{
    for (const auto& prospect : prospects)
        if (prospect.step->name == package)
            return &prospect;
    return nullptr;
}

util::Status require_built(const Outlook& outlook)
{
    std::vector<std::string> missing;
    for (const auto& prospect : outlook.prospects)
        if (!prospect.action)
            missing.push_back(prospect.step->id());
    if (missing.empty())
        return {};
    return util::fail(util::ErrorCode::failure,
                      fmt::format("{} of {} packages are not in the store: {}", missing.size(),
                                  outlook.prospects.size(), util::join(missing, ", ")),
                      "'slurm-factory build' with the same options makes them");
}

util::Result<Outlook> look_ahead(const Context& context, const Planned& planned)
{
    // Without the image the keys are not known, and nothing below asks for them.
    SF_TRY(auto plan, plan_request(context, planned, planned.image ? planned.image->digest : util::sha256("")));
    Outlook outlook{std::move(plan), planned.image.has_value(), {}, 0, 0, 0};
    outlook.prospects.resize(outlook.plan.steps.size());
    for (std::size_t place = 0; place < outlook.prospects.size(); ++place) {
        outlook.prospects[place].step = &outlook.plan.steps[place];
        outlook.prospects[place].package = &planned.solution.packages[place];
    }
    for (const auto place : outlook.plan.run_closure())
        outlook.prospects[place].ships = true;
    if (util::path_exists(context.site.database())) {
        SF_TRY(auto database, store::Database::open(context.site.database()));
        if (outlook.image_made)
            SF_CHECK(look_up(database, store::LayerStore(context.site.layers()), outlook.plan, outlook.prospects));
        SF_CHECK(look_back(database, outlook.prospects));
    }
    estimate(context.site, outlook);
    return outlook;
}

util::Result<std::vector<store::Action>> claim_built(const Outlook& outlook, const store::LayerStore& layers)
{
    SF_CHECK(require_built(outlook));
    std::vector<store::Action> actions;
    actions.reserve(outlook.prospects.size());
    for (const auto& prospect : outlook.prospects) {
        SF_TRY(const bool stays, layers.claim(prospect.action->layers.all()));
        if (!stays)
            return util::fail(util::ErrorCode::failure,
                              fmt::format("{} was removed from the store just now", prospect.step->id()),
                              "'slurm-factory build' with the same options makes it again");
        actions.push_back(*prospect.action);
    }
    return actions;
}

} // namespace sf::app
