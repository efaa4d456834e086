// How store and binary cache grow: the same operation at 10, 1,000 and 100,000 entries.
#include "app/upkeep/garbage.hpp"
#include "cache/oci/layout.hpp"
#include "store/database.hpp"
#include "store/layer_store.hpp"
#include "util/files/fs.hpp"

#include <benchmark/benchmark.h>

#include <fstream>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>

namespace {

using namespace sf;
namespace stdfs = std::filesystem;

void must(const util::Status& status)
{
    if (!status)
        throw std::runtime_error(util::to_string(status.error()));
}

util::Digest name_of(std::int64_t number, const char* kind)
{
    return util::sha256(kind + std::to_string(number));
}

/// A root whose index has so many actions, each with a layer of its own, and a binary cache with so many keys.
class Populated {
    util::TempDir directory_ = *util::TempDir::make(stdfs::temp_directory_path(), "sf-growth"); // before its users

public:
    explicit Populated(std::int64_t count) : layout(directory_.path() / "cache")
    {
        site.root = directory_.path() / "root";
        must(util::make_directories(site.root));
        const auto layer = add_layer();
        auto database = *store::Database::open(site.database());
        must(layout.create());
        for (std::int64_t i = 0; i < count; ++i) {
            const auto digest = name_of(i, "layer");
            stdfs::create_directories(site.layers() / digest.to_hex() / "tree");
            describe(layer / "layer.json", site.layers() / digest.to_hex() / "layer.json", i);
            must(database.put_action(
                {name_of(i, "key"), "package", "1.0", {digest, digest, digest}, 1, 1, 1, "phase build: make\n", ""},
                0));
            write_key(name_of(i, "key"), digest);
        }
        stdfs::remove(layout.root() / "index.json"); // it is made of the keys
        must(layout.update_index());
    }

    /// Made once for all benchmarks.
    static Populated& of(std::int64_t count)
    {
        static std::map<std::int64_t, std::unique_ptr<Populated>> all;
        auto& one = all[count];
        if (!one)
            one = std::make_unique<Populated>(count);
        return *one;
    }

    site::Site site;
    cache::Layout layout;

private:
    /// A file has 65,000 names at most on ext4.
    void describe(const stdfs::path& original, const stdfs::path& place, std::int64_t number)
    {
        constexpr std::int64_t names = 50'000;
        if (number % names == 0) {
            stdfs::copy_file(original, place);
            copy_ = place;
        } else {
            stdfs::create_hard_link(copy_, place);
        }
    }
    stdfs::path copy_;

    /// As Layout::put_key() without waiting for the disk, which would take minutes.
    void write_key(const util::Digest& key, const util::Digest& manifest) const
    {
        const auto file = layout.root() / cache::key_place(key);
        stdfs::create_directories(file.parent_path());
        std::ofstream(file) << "sha256:" << manifest.to_hex() << " 1\n";
    }

    /// A real one, whose description all others share.
    stdfs::path add_layer()
    {
        const auto tree = directory_.path() / "tree";
        must(util::make_directories(tree / "bin"));
        must(util::write_file_atomic(tree / "bin" / "program", "x"));
        store::LayerStore layers(site.layers());
        return site.layers() / layers.add(tree)->digest.to_hex();
    }
};

void find_action(benchmark::State& state)
{
    auto database = *store::Database::open(Populated::of(state.range(0)).site.database());
    const auto key = name_of(7, "key");
    for (auto _ : state)
        benchmark::DoNotOptimize(database.find_action(key));
}

void find_layer(benchmark::State& state)
{
    const store::LayerStore layers(Populated::of(state.range(0)).site.layers());
    const auto digest = name_of(7, "layer");
    for (auto _ : state)
        benchmark::DoNotOptimize(layers.contains(digest));
}

void list_layers(benchmark::State& state)
{
    const store::LayerStore layers(Populated::of(state.range(0)).site.layers());
    for (auto _ : state)
        benchmark::DoNotOptimize(layers.list());
}

void find_in_cache(benchmark::State& state)
{
    const auto& layout = Populated::of(state.range(0)).layout;
    const auto key = name_of(7, "key");
    for (auto _ : state)
        benchmark::DoNotOptimize(layout.find(key));
}

void list_cache(benchmark::State& state)
{
    const auto& layout = Populated::of(state.range(0)).layout;
    for (auto _ : state)
        benchmark::DoNotOptimize(layout.keys());
}

/// One more entry, with index.json written again.
void push_to_cache(benchmark::State& state)
{
    const auto& layout = Populated::of(state.range(0)).layout;
    const cache::Descriptor manifest{"application/vnd.oci.image.manifest.v1+json", name_of(7, "layer"), 1};
    for (auto _ : state) {
        must(layout.put_key(name_of(7, "key"), manifest));
        must(layout.update_index());
    }
}

class Silent final : public event::Sink {
public:
    void on_event(const event::Event& /*event*/) override {}
};

void garbage_dry_run(benchmark::State& state)
{
    Silent events;
    const app::Session session{Populated::of(state.range(0)).site, events, {}};
    for (auto _ : state)
        benchmark::DoNotOptimize(app::collect_garbage(session, true));
}

void sizes(benchmark::internal::Benchmark* benchmark)
{
    benchmark->Arg(10)->Arg(1000)->Arg(100'000);
}

BENCHMARK(find_action)->Apply(sizes);
BENCHMARK(find_layer)->Apply(sizes);
BENCHMARK(find_in_cache)->Apply(sizes);
BENCHMARK(list_layers)->Apply(sizes)->Unit(benchmark::kMillisecond);
BENCHMARK(list_cache)->Apply(sizes)->Unit(benchmark::kMillisecond);
BENCHMARK(push_to_cache)->Apply(sizes)->Unit(benchmark::kMillisecond);
BENCHMARK(garbage_dry_run)->Apply(sizes)->Unit(benchmark::kMillisecond);

} // namespace
