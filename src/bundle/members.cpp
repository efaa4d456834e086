#include "bundle/members.hpp"

#include "util/threads.hpp"

#include <algorithm>
#include <atomic>
#include <numeric>

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

    /// The frame of that place in the order, unless another could not be made.
    void make(std::size_t place)
    {
        if (failed_)
            return;
        auto& result = made_[order_[place]];
        result = layers_.zst_member(slices_[order_[place]].digest, stop_);
        if (!*result)
            failed_ = true;
    }

    /// To be called when all threads are done.
    [[nodiscard]] util::Result<std::vector<std::filesystem::path>> frames(const BundleRequest& request) const
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
    std::atomic<bool> failed_ = false;
};

} // namespace

util::Result<std::vector<std::filesystem::path>> members(const BundleRequest& request, Archive archive,
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
    util::in_threads(request.jobs, slices.size(), [&maker](std::size_t place) { maker.make(place); });
    return maker.frames(request);
}

} // namespace sf::bundle
