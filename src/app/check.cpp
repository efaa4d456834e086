#include "app/check.hpp"

#include "app/job.hpp"

namespace sf::app {

util::Result<std::vector<build::Recheck>> check_build(const Context& context, const BuildRequest& request,
                                                      const std::set<std::string>& packages)
{
    SF_TRY(const auto job, Job::open(context, request));
    const auto engine = job->engine();
    SF_TRY(const auto built, build::run_plan(engine, job->plan(), context.stop));
    return build::recheck(engine, job->plan(), built.actions, packages, context.stop);
}

} // namespace sf::app
