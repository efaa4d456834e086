// What is told and written about a build: its first and last event, its trace and report. Private to `app`.
#pragma once

#include "app/build/build.hpp"
#include "app/build/prepared_build.hpp"
#include "report/recorder.hpp"

#include <string>

namespace sf::app {

/// The first event of a build whose files' names start with `name`.
[[nodiscard]] event::BuildPlanned describe_plan(const Session& session, PreparedBuild& prepared,
                                                const std::string& name);

/// Emits the last event, and writes NAME-trace.json and NAME-report.html beside the bundle; of a build that failed, or
/// of another package than Slurm, into the logs. Nothing where the build had nothing to do, was interrupted, found no
/// space, or failed before it was solved. That they cannot be written is a warning.
void finish_record(const Session& session, const report::Recorder& recorder, util::Result<BuildReport>& built);

} // namespace sf::app
