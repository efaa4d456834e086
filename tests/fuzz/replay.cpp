// fuzz_replay TARGET PATH...: one fuzz target over files and directories of files, without a fuzzer. Each must take
// less than a few seconds, sanitizers included.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>
#include <vector>

#define SF_FUZZ_TARGET(name) extern "C" int fuzz_##name(const std::uint8_t* bytes, std::size_t size);
#include "fuzz_targets.inc"
#undef SF_FUZZ_TARGET

namespace {

namespace stdfs = std::filesystem;

struct Target {
    std::string_view name;
    int (*run)(const std::uint8_t* bytes, std::size_t size);
};

#define SF_FUZZ_TARGET(name) {#name, fuzz_##name},
constexpr Target targets[] = {
#include "fuzz_targets.inc"
};
#undef SF_FUZZ_TARGET

constexpr double most_seconds = 5; ///< of CPU time

std::vector<stdfs::path> files_in(const stdfs::path& path)
{
    if (!stdfs::is_directory(path))
        return {path};
    std::vector<stdfs::path> files;
    for (const auto& entry : stdfs::directory_iterator(path))
        files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
}

void run(const Target& target, const stdfs::path& file)
{
    std::printf("%s\n", file.c_str());
    std::fflush(stdout); // a sanitizer ends the process without that
    std::ifstream stream(file, std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(stream), {}};
    const auto start = std::clock();
    target.run(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    if (seconds < most_seconds)
        return;
    std::fprintf(stderr, "it took %.1f s\n", seconds);
    std::exit(1);
}

} // namespace

int main(int count, char** arguments)
{
    const std::vector<std::string_view> words(arguments, arguments + count);
    const auto* const target = std::find_if(std::begin(targets), std::end(targets), [&words](const Target& one) {
        return words.size() > 2 && one.name == words[1];
    });
    if (target == std::end(targets)) {
        std::fprintf(stderr, "usage: fuzz_replay TARGET PATH...; targets:");
        for (const auto& one : targets)
            std::fprintf(stderr, " %s", one.name.data());
        std::fprintf(stderr, "\n");
        return 2;
    }
    std::size_t files = 0;
    for (std::size_t i = 2; i < words.size(); ++i)
        for (const auto& file : files_in(words[i])) {
            run(*target, file);
            ++files;
        }
    if (files == 0)
        std::fprintf(stderr, "there is no file\n");
    return files == 0 ? 1 : 0;
}
