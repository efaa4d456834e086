// What the tests of the cache module share.
#pragma once

#include "cache/oci/pack.hpp"
#include "cache/remote/remote.hpp"
#include "store/layer_store.hpp"
#include "util/files/fs.hpp"
#include "util/files/sha256.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <string>

namespace sf::cache::testing {

namespace stdfs = std::filesystem;

/// Bytes that no two offsets share and that do not compress.
inline std::string sample_bytes(std::size_t size, unsigned seed = 1)
{
    std::string bytes(size, '\0');
    std::uint32_t state = seed;
    for (auto& byte : bytes) {
        state = state * 1664525U + 1013904223U;
        byte = static_cast<char>(state >> 24U);
    }
    return bytes;
}

template <typename T> T must(util::Result<T> result)
{
    if (!result)
        throw std::runtime_error(util::to_string(result.error()));
    return std::move(*result);
}

inline void must(const util::Status& status)
{
    if (!status)
        throw std::runtime_error(util::to_string(status.error()));
}

/// A directory with a store, and packages to put in it.
class CacheTest : public ::testing::Test {
protected:
    [[nodiscard]] const stdfs::path& root() const { return directory_.path(); }
    [[nodiscard]] store::LayerStore layers() const { return store::LayerStore(root() / "layers"); }
    [[nodiscard]] store::LayerStore other_layers() const { return store::LayerStore(root() / "other"); }

    /// A tree with a program of `size` bytes, a directory, and a link.
    [[nodiscard]] stdfs::path make_tree(const std::string& name, std::size_t size, unsigned seed = 1) const
    {
        const auto tree = root() / name;
        must(util::make_directories(tree / "bin"));
        must(util::make_directories(tree / "lib"));
        must(util::write_file_atomic(tree / "bin" / "program", sample_bytes(size, seed), 0755));
        stdfs::create_symlink("../bin/program", tree / "lib" / "link");
        return tree;
    }

    /// What building `name` gave; its layers are in layers().
    [[nodiscard]] store::Action make_action(const std::string& name = "munge", std::size_t size = 1000) const
    {
        auto store = layers();
        const auto run = must(store.add(make_tree("run", size)));
        const auto dev = must(store.add(make_tree("dev", 10, 2), store::Effort::quick));
        must(util::make_directories(root() / "debug"));
        const auto debug = must(store.add(root() / "debug", store::Effort::quick));
        return {util::sha256("key of " + name),
                name,
                "0.5.16",
                {run.digest, dev.digest, debug.digest},
                1.5,
                2.25,
                1U << 20U,
                "phase configure ./configure \"x\"\n",
                util::sha256("source").to_hex()};
    }

    util::StopToken never_;

private:
    util::TempDir directory_ = util::TempDir::make(stdfs::temp_directory_path(), "sf-cache").value();
};

} // namespace sf::cache::testing
