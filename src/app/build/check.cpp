#include "app/build/check.hpp"

#include "app/build/prepared_build.hpp"

namespace sf::app {

util::Result<std::vector<engine::Recheck>> check_build(const Session& session, const BuildRequest& request,
                                                       const std::set<std::string>& packages)
{
    SF_TRY(const auto prepared, PreparedBuild::open(session, request));
    const auto engine = prepared->engine();
    SF_TRY(const auto built, engine::run_plan(engine, prepared->plan(), session.stop));
    return engine::recheck(engine, prepared->plan(), built.actions, packages, session.stop);
}

} // namespace sf::app
