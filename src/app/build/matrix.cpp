#include "app/build/matrix.hpp"

#include "app/build/cell_events.hpp"
#include "engine/package/jobserver.hpp"
#include "util/linked_stop.hpp"
#include "util/text.hpp"
#include "util/threads.hpp"
#include "yaml/yaml.hpp"

#include <optional>
#include <set>
#include <thread>
#include <tuple>

namespace sf::app {
namespace {

using util::ErrorCode;
using util::Result;
using util::Status;

Result<std::vector<std::string>> items_of(const std::string& list, const char* option)
{
    auto items = util::split(list, ',');
    const std::set<std::string> different(items.begin(), items.end());
    if (items.size() > 1 && (different.size() < items.size() || different.contains("")))
        return util::fail(ErrorCode::usage, fmt::format("{} {}: an item is empty or appears twice", option, list),
                          fmt::format("for example: {} A,B", option));
    return items;
}

std::string label_of(const BuildRequest& request, const std::string& suffix)
{
    std::vector<std::string> words;
    for (const auto& word :
         {request.spec, request.slurm_version, request.target, request.hardening, request.glibc, request.toolchain})
        if (!word.empty())
            words.push_back(word);
    if (!suffix.empty() && suffix != request.target)
        words.push_back(suffix);
    return words.empty() ? "default" : util::join(words, " ");
}

/// Those that would write the same files.
Status check_names(const std::vector<Cell>& cells)
{
    std::set<std::tuple<std::string, std::string, std::string>> names;
    for (const auto& cell : cells) {
        // A spec of its own may have any version.
        const auto version = cell.request.spec + " " + cell.request.slurm_version;
        if (!names.insert({version, cell.request.toolchain, cell.suffix}).second)
            return util::fail(ErrorCode::usage, fmt::format("two cells would write the same files: {}", cell.label),
                              "give one of them a suffix");
    }
    return {};
}

Result<Cell> read_cell(const yaml::Value& value, const BuildRequest& common)
{
    SF_TRY(const auto mapping, value.mapping({"spec", "slurm-version", "target", "hardening", "glibc", "toolchain",
                                              "variants", "minimal", "gpu", "suffix"}));
    Cell cell{{}, common, {}};
    SF_CHECK(mapping.read("spec", cell.request.spec));
    SF_CHECK(mapping.read("slurm-version", cell.request.slurm_version));
    SF_CHECK(mapping.read("target", cell.request.target));
    SF_CHECK(mapping.read("hardening", cell.request.hardening));
    SF_CHECK(mapping.read("glibc", cell.request.glibc));
    SF_CHECK(mapping.read("toolchain", cell.request.toolchain));
    SF_CHECK(mapping.read("minimal", cell.request.minimal));
    SF_CHECK(mapping.read("gpu", cell.request.gpu));
    SF_CHECK(mapping.read("suffix", cell.suffix));
    std::vector<std::string> variants;
    SF_CHECK(mapping.read("variants", variants));
    cell.request.variants.insert(cell.request.variants.end(), variants.begin(), variants.end());
    if (cell.suffix.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+") !=
        std::string::npos)
        return mapping.require("suffix")->fail(fmt::format("'{}' cannot be part of a file name", cell.suffix),
                                               "letters, digits, '.', '_' and '+'");
    if (cell.suffix.empty())
        cell.suffix = cell.request.target;
    cell.label = label_of(cell.request, cell.suffix);
    return cell;
}

} // namespace

Result<std::vector<Cell>> expand_request(const BuildRequest& request)
{
    SF_TRY(const auto versions, items_of(request.slurm_version, "--slurm-version"));
    SF_TRY(const auto targets, items_of(request.target, "--target"));
    SF_TRY(const auto toolchains, items_of(request.toolchain, "--toolchain"));
    std::vector<Cell> cells;
    for (const auto& version : versions)
        for (const auto& target : targets)
            for (const auto& toolchain : toolchains) {
                Cell cell{{}, request, targets.size() > 1 ? target : ""};
                cell.request.slurm_version = version;
                cell.request.target = target;
                cell.request.toolchain = toolchain;
                cell.label = label_of(cell.request, cell.suffix);
                cells.push_back(std::move(cell));
            }
    return cells;
}

Result<std::vector<Cell>> read_cells(const std::filesystem::path& file, const BuildRequest& common)
{
    SF_TRY(const auto document, yaml::Document::load(file));
    SF_TRY(const auto top, document.root().mapping({"cells"}));
    SF_TRY(const auto list, top.require("cells"));
    SF_TRY(const auto items, list.sequence());
    if (items.empty())
        return list.fail("there are no cells");
    std::vector<Cell> cells;
    for (const auto& item : items) {
        SF_TRY(auto cell, read_cell(item, common));
        cells.push_back(std::move(cell));
    }
    SF_CHECK(check_names(cells));
    return cells;
}

Result<std::vector<CellResult>> build_cells(const Session& session, const std::vector<Cell>& cells,
                                            const BuildOptions& options, bool stop_at_failure)
{
    for (const auto& cell : cells)
        if (cell.request.lock && cells.size() > 1)
            return util::fail(ErrorCode::usage, "a lock file is for one build, and these are several",
                              "give --locked with one version, target and toolchain");
    SF_TRY(auto jobserver, engine::Jobserver::make(session.site.effective_jobs()));
    SF_TRY(const auto stop, util::LinkedStop::make(session.stop));
    std::vector<std::optional<Result<BuildReport>>> reports(cells.size());
    util::in_threads(cells.size(), cells.size(), [&](std::size_t place) {
        const auto& cell = cells[place];
        CellEvents events(session.events, cell.label);
        auto own = options;
        own.suffix = cell.suffix;
        own.jobserver = &jobserver;
        if (!own.pin.empty() && cells.size() > 1)
            own.pin += " " + cell.label;
        reports[place] =
            util::guarded([&] { return build(session.with_events(events, stop->token()), cell.request, own); });
        if (!*reports[place] && stop_at_failure)
            stop->request_stop();
    });
    SF_CHECK(session.stop.check());
    std::vector<CellResult> results;
    results.reserve(cells.size());
    for (std::size_t place = 0; place < cells.size(); ++place)
        results.push_back({cells[place], std::move(*reports[place])});
    return results;
}

} // namespace sf::app
