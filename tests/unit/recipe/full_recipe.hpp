// A recipe that uses every key of the schema; the tests of faults change one place of it.
#pragma once

#include "util/files/fs.hpp"

#include <stdexcept>
#include <string>

namespace sf::recipe::test {

inline const std::string full_recipe = R"(name: demo
description: One line.
homepage: https://demo.example.org/
license: GPL-3.0-or-later
versions:
  - version: 24.10
    preferred: true
    sources:
      - {apt: demo-src, version: "24.10", file: demo_24.10.orig.tar.gz, sha256: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}
      - {url: "https://demo.example.org/get/demo-24.10.tar.gz?x=1", sha256: bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb}
  - version: "22.05rc1"
    sources:
      - {url: "file:///srv/demo-22.05rc1.tar.gz", sha256: cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc}
variants:
  json: {default: true, description: "Read JSON."}
  auth: {default: munge, values: [munge, none]}
dependencies:
  - {spec: "openssl@3:", type: [build, link]}
  - {spec: "json-c", when: "+json"}
  - {spec: "cmake", type: build}
build:
  system: autotools
  directory: src/top
  environment: {KEY: "{prefix}/x", NUMBER: 1}
  configure:
    - --plain={prefix}
    - {args: ["--with-json={prefix}", "--both"], when: "@23: +json"}
    - {arg: "-j{jobs}", when: "auth=none"}
  make: [V=1]
  install: ["VERSION={version}", install]
  steps: {prepare: "autoreconf -fi", finish: "true"}
patches:
  - {file: x.patch, when: "@24.10", strip: 0}
  - {file: more/y.patch}
slices: {run: ["bin/**"], dev: ["include/**"], drop: ["share/doc/**"]}
relocation:
  allow:
    - {path: "lib/libdemo.so.*", reason: "Only printed by --help."}
hardening:
  without: [bind-now]
  allow:
    - {what: bind-now, path: "lib/demo/**", reason: "plugins"}
)";

/// DIR/demo with the patches that full_recipe names; gone with it.
class DemoDirectory {
public:
    DemoDirectory() : root_(make())
    {
        require(util::make_directories(path() / "more"));
        require(util::write_file_atomic(path() / "x.patch", "x"));
        require(util::write_file_atomic(path() / "more/y.patch", "y"));
    }
    [[nodiscard]] std::filesystem::path root() const { return root_.path(); }
    [[nodiscard]] std::filesystem::path path() const { return root_.path() / "demo"; }

private:
    static util::TempDir make()
    {
        auto made = util::TempDir::make(std::filesystem::temp_directory_path(), "sf-recipe-test");
        if (!made)
            throw std::runtime_error(made.error().message);
        return std::move(*made);
    }
    static void require(const util::Status& status)
    {
        if (!status)
            throw std::runtime_error(status.error().message);
    }
    util::TempDir root_;
};

/// `text` with the first `from` replaced; the test is wrong when there is none.
inline std::string changed(std::string text, const std::string& from, const std::string& to)
{
    const auto at = text.find(from);
    if (at == std::string::npos)
        throw std::runtime_error("not in the recipe: " + from);
    return text.replace(at, from.size(), to);
}

} // namespace sf::recipe::test
