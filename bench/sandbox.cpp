// How long a build environment takes: from the base image on disk to a command that has run and gone in it, over the
// overlay that a package is built on. $SF_BENCH_ROOTFS: a base image's root file system; needs root.

#include "sandbox/sandbox.hpp"
#include "identity/identity.hpp"
#include "util/files/fs.hpp"

#include <benchmark/benchmark.h>

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>
#include <string>

namespace {

namespace stdfs = std::filesystem;
using namespace sf;

void must(const util::Status& status)
{
    if (!status)
        throw std::runtime_error(util::to_string(status.error()));
}

template <typename T> T must(util::Result<T> result)
{
    if (!result)
        throw std::runtime_error(util::to_string(result.error()));
    return std::move(*result);
}

stdfs::path builders_directory(const stdfs::path& path)
{
    must(util::make_directories(path));
    if (::chown(path.c_str(), identity::builder(), identity::builder()) != 0)
        throw std::runtime_error("cannot give " + path.string() + " to the builder: this needs root");
    return path;
}

util::Result<std::unique_ptr<sandbox::Backend>> make_backend(const std::string& name, const stdfs::path& scratch)
{
    if (name == "host")
        return sandbox::make_host_backend(scratch);
    if (name == "lxd")
        return sandbox::make_lxd_backend({}, scratch);
    return sandbox::make_oci_backend(name, scratch);
}

void environment(benchmark::State& state, const std::string& name)
{
    const char* rootfs = std::getenv("SF_BENCH_ROOTFS");
    if (rootfs == nullptr || ::geteuid() != 0) {
        state.SkipWithError("needs root, and SF_BENCH_ROOTFS with a base image's root file system");
        return;
    }
    const auto directory = must(util::TempDir::make(stdfs::temp_directory_path(), "sf-bench"));
    auto made = make_backend(name, directory.path() / "sandbox");
    if (!made) {
        state.SkipWithError(util::to_string(made.error()).c_str());
        return;
    }
    const auto backend = std::move(*made);
    const auto log = must(util::open_file(directory.path() / "log", O_RDWR | O_CREAT, 0644));
    sandbox::Job job;
    job.name = "bench";
    job.rootfs = rootfs;
    job.argv = {"/bin/true"};
    job.log_fd = log.get();
    sandbox::Overlay overlay{"/opt/slurm/software", {}, {}, {}};
    for (int layer = 0; layer < state.range(0); ++layer)
        overlay.lower.push_back(builders_directory(directory.path() / ("layer" + std::to_string(layer))));
    must(backend->probe(rootfs)); // what is done once for an image is done now
    int run = 0;
    for (auto _ : state) {
        const auto place = directory.path() / std::to_string(run++);
        overlay.upper = builders_directory(place / "upper");
        overlay.work = builders_directory(place / "work");
        job.overlays = {overlay};
        const auto outcome = must(backend->run(job, {}));
        if (outcome.exit_code != 0)
            throw std::runtime_error("the command failed");
    }
}

} // namespace

BENCHMARK_CAPTURE(environment, host, "host")->Arg(1)->Arg(25)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(environment, lxd, "lxd")->Arg(1)->Arg(25)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(environment, crun, "crun")->Arg(1)->Arg(25)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(environment, runc, "runc")->Arg(1)->Arg(25)->Unit(benchmark::kMillisecond)->UseRealTime();
