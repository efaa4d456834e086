// Recipes for tests, written to a temporary directory and loaded like real ones.
#pragma once

#include "recipe/recipe_set.hpp"
#include "util/files/fs.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <utility>

namespace sf::test {

/// A directory of recipes; each is completed with the keys that every recipe must have.
class RecipeDirectory {
public:
    RecipeDirectory() : directory_(*util::TempDir::make(std::filesystem::temp_directory_path(), "sf-recipes")) {}

    /// `versions` as "1.0 2.0"; `rest` is further YAML at the top level, with its own `build:` or none.
    RecipeDirectory& add(const std::string& name, const std::string& versions, const std::string& rest = {})
    {
        std::string yaml = "name: " + name + "\ndescription: A test.\nlicense: MIT\nversions:\n";
        for (std::size_t start = 0; start < versions.size();) {
            const auto end = std::min(versions.find(' ', start), versions.size());
            const auto version = versions.substr(start, end - start);
            const bool preferred = version.ends_with('!');
            yaml += "  - version: \"" + version.substr(0, version.size() - (preferred ? 1 : 0)) + "\"\n" +
                    (preferred ? "    preferred: true\n" : "") + "    sources:\n      - {url: \"file:///none/" + name +
                    ".tar\", sha256: " + util::sha256(name + version).to_hex() + "}\n";
            start = end + 1;
        }
        yaml += rest;
        if (rest.find("build:") != 0 && rest.find("\nbuild:") == std::string::npos)
            yaml += "build: {system: make}\n";
        EXPECT_TRUE(util::write_file_atomic(path() / name / "recipe.yaml", yaml));
        return *this;
    }
    [[nodiscard]] recipe::RecipeSet load() const
    {
        auto set = recipe::RecipeSet::load({path()});
        if (!set)
            throw std::runtime_error(util::to_string(set.error()));
        return std::move(*set);
    }
    [[nodiscard]] const std::filesystem::path& path() const { return directory_.path(); }

private:
    util::TempDir directory_;
};

} // namespace sf::test
