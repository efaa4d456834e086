// A build as a trace for chrome://tracing, Perfetto (https://ui.perfetto.dev) and the like.
#pragma once

#include "report/timeline.hpp"

#include <string>

namespace sf::report {

/// Trace event format, JSON object form
/// (https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU). Times in microseconds since the
/// start. Three processes: packages (one thread per package that is built at a time; phases are slices within the
/// package's), transfers (sources and packages of binary caches), load (counters). Flow events link the critical path.
[[nodiscard]] std::string trace_json(const Timeline& timeline);

} // namespace sf::report
