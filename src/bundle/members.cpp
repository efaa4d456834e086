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
    FrameMaker(const std::vector<store::LayerInfo>& slices, const store::LayerStore& layers,
               const util::StopToken& stop) :
        slices_(slices),
        layers_(layers), stop_(stop), order_(slices.size()), made_(slices.size())
    {
        std::iota(order_.begin(), order_.end(), std::size_t{0});
        std::stable_sort(order_.begin(), order_.end(), [&slices](std::size_t a, std::size_t b) {
            return slices[a].tree_bytes > slices[b].tree_bytes;
        });
    }

    /// Ends when nothing is left to begin, or when a frame could not be made.
    void work()
    {
        for (auto next = next_++; next < order_.size() && !failed_; next = next_++) {
            auto& result = made_[order_[next]];
            result = layers_.zst_member(slices_[order_[next]].digest, stop_);
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
    const std::vector<store::LayerInfo>& slices_;
    const store::LayerStore& layers_;
    const util::StopToken& stop_;
    std::vector<std::size_t> order_;
    std::vector<std::optional<util::Result<std::filesystem::path>>> made_; ///< by package; empty: not begun
    std::atomic<std::size_t> next_ = 0;
    std::atomic<bool> failed_ = false;
};

} // namespace

util::Result<std::vector<std::filesystem::path>> members(const Request& request, Archive archive,
                                                         const std::vector<store::LayerInfo>& slices,
                                                         const store::LayerStore& layers, const util::StopToken& stop)
{
    if (archive == Archive::gz) {
        std::vector<std::filesystem::path> files;
        files.reserve(slices.size());
        for (const auto& slice : slices)
            files.push_back(layers.member(slice.digest));
        return files;
    }
    FrameMaker maker(slices, layers, stop);
    {
        const auto count = std::min<std::size_t>(std::max(request.jobs, 1U), slices.size());
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < count; ++i)
            threads.emplace_back([&maker] { maker.work(); });
    }
    return maker.frames(request);
}

} // namespace sf::bundle
