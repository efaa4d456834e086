// Making one root file system with mmdebstrap. Private to this module.
#pragma once

#include "image/apt_sources.hpp"
#include "image/image.hpp"
#include "sandbox/limit_group.hpp"
#include "util/error.hpp"
#include "util/files/foreign_tree.hpp"
#include "util/stop.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace sf::image {

struct MakeInput {
    const ImageRecipe& recipe;
    std::vector<AptSource> sources;       ///< empty: mmdebstrap's own default for the suite
    std::vector<std::string> apt_options; ///< further lines of apt.conf, e.g. the host's proxies
    std::filesystem::path directory;      ///< private, on the file system where the image will stay; gets rootfs/
    std::filesystem::path log;
    sandbox::Limits limits; ///< of the programs in it that are asked for their versions
};

/// The command line. It makes its own pid and mount namespace, so that killing it leaves no process and no mount.
[[nodiscard]] std::vector<std::string> mmdebstrap_command(const MakeInput& input,
                                                          const std::filesystem::path& sources_file);

/// What the output of a failed run points at.
[[nodiscard]] util::Error explain_failure(const ImageRecipe& recipe, std::string_view output,
                                          const std::filesystem::path& log);

/// What a making gave besides the files.
struct MadeRootfs {
    std::map<std::string, std::string> externals; ///< build tool -> version
    std::vector<std::string> warnings;            ///< what it was made without, and why
};

/// Makes input.directory/rootfs and asks the build tools it promises for their versions. `log` is input.log, open.
[[nodiscard]] util::Result<MadeRootfs> make_rootfs(const MakeInput& input, int log, const util::StopToken& stop);

/// Makes directories that a system must have. An error (code recipe) where it has something else in their place, or a
/// link that leads to no directory of its own.
[[nodiscard]] util::Status make_places(const util::ForeignTree& system,
                                       const std::vector<std::filesystem::path>& directories);

/// Takes away what differs from host to host and from run to run, and adds the builder's account.
[[nodiscard]] util::Status finish_rootfs(const std::filesystem::path& rootfs);

/// The host's apt settings for proxies and certificates, as lines of apt.conf.
[[nodiscard]] std::vector<std::string> host_apt_options();

[[nodiscard]] util::Result<TreeSummary> summarise_tree(const std::filesystem::path& root, const util::StopToken& stop);

} // namespace sf::image
