#include "solve/lock.hpp"

#include "util/text.hpp"
#include "json/json.hpp"

#include <algorithm>

namespace sf::solve {
namespace {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json; // for writing: finding a name in it takes longer the more there are
using util::ErrorCode;

constexpr const char* format_name = "slurm-factory lock 1";

std::vector<std::string> source_sums(const recipe::Recipe* recipe, const spec::Version& version)
{
    std::vector<std::string> sums;
    const auto* entry = recipe == nullptr ? nullptr : recipe->find_version(version);
    if (entry == nullptr)
        return sums;
    for (const auto& source : entry->sources)
        sums.push_back(source.sha256.to_hex());
    for (const auto& set : entry->patches)
        sums.push_back(set.sha256().to_hex());
    return sums;
}

OrderedJson type_json(const recipe::DependencyType& type)
{
    OrderedJson words = OrderedJson::array();
    for (const auto& [set, word] : {std::pair(type.build, "build"), {type.link, "link"}, {type.run, "run"}})
        if (set)
            words.push_back(word);
    return words;
}

OrderedJson package_json(const SolvedPackage& package, const recipe::RecipeSet& recipes)
{
    OrderedJson json = {{"package", package.name}, {"version", package.version.to_string()}};
    json["variants"] = OrderedJson::object();
    for (const auto& [name, value] : package.variants)
        json["variants"][name] = value;
    json["sources"] = source_sums(recipes.find(package.name), package.version);
    json["dependencies"] = OrderedJson::array();
    for (const auto& edge : package.edges)
        json["dependencies"].push_back(
            {{"package", edge.package}, {"spec", edge.spec}, {"type", type_json(edge.type)}});
    return json;
}

/// Reads one lock file; collects what does not fit the recipes.
class Reader {
public:
    Reader(const std::string& file, const recipe::RecipeSet& recipes) : file_(file), recipes_(recipes) {}

    util::Result<Lock> read(std::string_view text);

private:
    [[nodiscard]] tl::unexpected<util::Error> damaged(const std::string& what) const
    {
        return util::fail(ErrorCode::conflict, fmt::format("{}: {}", file_, what), util::Reason::lock_damaged);
    }
    util::Status add_external(Lock& lock, const std::string& name, const std::string& version) const;
    util::Status add_package(Lock& lock, const Json& json);
    void compare(const SolvedPackage& package, const std::vector<std::string>& sums);
    void compare_dependencies(const SolvedPackage& package, const recipe::Recipe& recipe);
    void differs(const SolvedPackage& package, const std::string& what)
    {
        differences_.push_back(fmt::format("{}@{}: {}", package.name, package.version.to_string(), what));
    }

    const std::string& file_;
    const recipe::RecipeSet& recipes_;
    std::vector<std::string> differences_;
};

util::Status Reader::add_external(Lock& lock, const std::string& name, const std::string& version) const
{
    External external{name, std::nullopt};
    if (!version.empty()) {
        SF_TRY(external.version, spec::Version::parse(version));
    }
    lock.solution.externals.push_back(std::move(external));
    return {};
}

void Reader::compare_dependencies(const SolvedPackage& package, const recipe::Recipe& recipe)
{
    std::vector<std::pair<std::string, recipe::DependencyType>> wanted;
    for (const auto& dependency : recipe.dependencies)
        if (dependency.condition.holds(package.version, package.variants))
            wanted.emplace_back(dependency.spec.to_string(), dependency.type);
    std::vector<std::pair<std::string, recipe::DependencyType>> locked;
    for (const auto& edge : package.edges)
        locked.emplace_back(edge.spec, edge.type);
    for (auto* list : {&wanted, &locked}) {
        std::sort(list->begin(), list->end());
        list->erase(std::unique(list->begin(), list->end()), list->end());
    }
    for (const auto& one : wanted)
        if (std::find(locked.begin(), locked.end(), one) == locked.end())
            differs(package, fmt::format("its recipe needs {}, which is not in the file", one.first));
    for (const auto& one : locked)
        if (std::find(wanted.begin(), wanted.end(), one) == wanted.end())
            differs(package, fmt::format("its recipe does not need {} that way", one.first));
}

void Reader::compare(const SolvedPackage& package, const std::vector<std::string>& sums)
{
    const auto* recipe = recipes_.find(package.name);
    if (recipe == nullptr)
        return differs(package, "there is no recipe of that name");
    // Without sums it was the user's own source, or it comes from the base image.
    if (!sums.empty() && recipe->find_version(package.version) == nullptr)
        return differs(package, "its recipe has no such version");
    if (!sums.empty() && sums != source_sums(recipe, package.version))
        differs(package, "its recipe names other archives for this version");
    for (const auto& variant : recipe->variants)
        if (variant.condition.may_hold(package.version) && !package.variants.contains(variant.name))
            differs(package, fmt::format("its recipe has a variant '{}', which is not in the file", variant.name));
    for (const auto& [name, value] : package.variants)
        if (const auto* variant = recipe->find_variant(name); variant == nullptr || !variant->allows(value))
            differs(package, fmt::format("its recipe has no variant '{}' with a value '{}'", name, value));
    compare_dependencies(package, *recipe);
}

util::Status Reader::add_package(Lock& lock, const Json& json)
{
    SF_TRY(auto version, spec::Version::parse(json.at("version").get<std::string>()));
    SolvedPackage package{json.at("package"), std::move(version), json.at("variants"), {}, {}, {}, {}, {}};
    for (const auto& item : json.at("dependencies")) {
        Edge edge{item.at("package"), item.at("spec"), {}};
        for (const auto& word : item.at("type")) {
            edge.type.build = edge.type.build || word == "build";
            edge.type.link = edge.type.link || word == "link";
            edge.type.run = edge.type.run || word == "run";
        }
        const bool external = std::any_of(lock.solution.externals.begin(), lock.solution.externals.end(),
                                          [&edge](const External& one) { return one.name == edge.package; });
        if (!external && lock.solution.find(edge.package) == nullptr)
            return damaged(fmt::format("{} depends on {}, which is not listed before it", package.name, edge.package));
        package.edges.push_back(std::move(edge));
    }
    place_edges(package, lock.solution.externals);
    compare(package, json.at("sources").get<std::vector<std::string>>());
    lock.solution.packages.push_back(std::move(package));
    return {};
}

util::Result<Lock> Reader::read(std::string_view text)
{
    const auto read = json::read(text);
    if (!read)
        return damaged("this is not a lock file: " + read.error().message);
    const auto& json = *read;
    if (!json.is_object() || !json.contains("format"))
        return damaged("this is not a lock file");
    try {
        if (json.at("format") != format_name)
            return damaged(fmt::format("the format is '{}', and this program reads '{}'",
                                       json.at("format").get<std::string>(), format_name));
        Lock lock{json.at("request"), json.at("target"), json.at("image"), {}};
        // Files of versions that knew no levels have none.
        SF_TRY(lock.hardening, spec::parse_hardening_level(json.value("hardening", "default")));
        // Files of versions that knew no floors are of builds without one.
        SF_TRY(lock.floor, spec::Floor::parse(json.value("glibc", "host")));
        for (const auto& [name, version] : json.at("externals").items())
            SF_CHECK(add_external(lock, name, version));
        for (const auto& package : json.at("packages"))
            SF_CHECK(add_package(lock, package));
        if (lock.solution.packages.empty())
            return damaged("it names no package");
        if (differences_.empty())
            return lock;
    } catch (const nlohmann::json::exception& fault) {
        return damaged(fmt::format("this lock file is damaged ({})", fault.what()));
    }
    return util::fail(ErrorCode::conflict,
                      fmt::format("{} does not fit the recipes:\n    {}", file_, util::join(differences_, "\n    ")),
                      util::Reason::lock_outdated);
}

} // namespace

std::string lock_text(const Lock& lock, const recipe::RecipeSet& recipes)
{
    OrderedJson json = {{"format", format_name},           {"request", lock.request},
                        {"target", lock.target},           {"hardening", spec::to_string(lock.hardening)},
                        {"glibc", lock.floor.to_string()}, {"image", lock.image}};
    json["externals"] = OrderedJson::object();
    for (const auto& external : lock.solution.externals)
        json["externals"][external.name] = external.version ? external.version->to_string() : "";
    json["packages"] = OrderedJson::array();
    for (const auto& package : lock.solution.packages)
        json["packages"].push_back(package_json(package, recipes));
    return json.dump(2, ' ', false, OrderedJson::error_handler_t::replace) + "\n";
}

util::Result<Lock> read_lock(std::string_view text, const std::string& file, const recipe::RecipeSet& recipes)
{
    return Reader(file, recipes).read(text);
}

} // namespace sf::solve
