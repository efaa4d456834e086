#include "bundle/members.hpp"

#include <algorithm>
#include <atomic>
#include <numeric>
#include <thread>

namespace sf::bundle {

namespace {

/// Makes the frames that are missing; several threads share one.
class FrameMaker {
public:
    FrameMaker(const std::vector<store::LayerInfo>& runs, const store::LayerStore& layers,
               const util::StopToken& stop) :
        runs_(runs),
        layers_(layers), stop_(stop), order_(runs.size()), made_(runs.size())
    {
        std::iota(order_.begin(), order_.end(), std::size_t{0});
        std::stable_sort(order_.begin(), order_.end(),
                         [&runs](std::size_t a, std::size_t b) { return runs[a].tree_bytes > runs[b].tree_bytes; });
    }

    /// Ends when nothing is left to begin, or when a frame could not be made.
    void work()
    {
        for (auto next = next_++; next < order_.size() && !failed_; next = next_++) {
            auto& result = made_[order_[next]];
            result = layers_.zst_member(runs_[order_[next]].digest, stop_);
            if (!*result)
                failed_ = true;
        }
    }

    /// To be called when all threads are done.
    [[nodiscard]] util::Result<std::vector<std::filesystem::path>> frames(const Request& request) const
    {
        std::vector<std::filesystem::path> files;
        for (std::size_t i = 0; i < made_.size(); ++i) {
            const auto& result = made_[i];
            if (result && !*result)
                return util::fail(result->error(), fmt::format("packing {}", request.packages[i].name));
            if (result)
                files.push_back(**result);
        }
        return files;
    }

private:
    const std::vector<store::LayerInfo>& runs_;
    const store::LayerStore& layers_;
    const util::StopToken& stop_;
    std::vector<std::size_t> order_;
    std::vector<std::optional<util::Result<std::filesystem::path>>> made_; ///< by package; empty: not begun
    std::atomic<std::size_t> next_ = 0;
    std::atomic<bool> failed_ = false;
};

} // namespace

util::Result<std::vector<std::filesystem::path>> members(const Request& request, Archive archive,
                                                         const std::vector<store::LayerInfo>& runs,
                                                         const store::LayerStore& layers, const util::StopToken& stop)
{
    if (archive == Archive::gz) {
        std::vector<std::filesystem::path> files;
        files.reserve(runs.size());
        for (const auto& run : runs)
            files.push_back(layers.member(run.digest));
        return files;
    }
    FrameMaker maker(runs, layers, stop);
    {
        const auto count = std::min<std::size_t>(std::max(request.jobs, 1U), runs.size());
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < count; ++i)
            threads.emplace_back([&maker] { maker.work(); });
    }
    return maker.frames(request);
}

} // namespace sf::bundle
