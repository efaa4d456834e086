// `slurm-factory image`
#pragma once

#include "app/session/session.hpp"
#include "image/image.hpp"

#include <string>
#include <vector>

namespace sf::app {

[[nodiscard]] util::Result<std::vector<image::Image>> list_images(const Session& session);
/// Makes the image of that name (empty: the configured or the host's) or takes it from a binary cache, if it is not
/// there. `anew`: makes it in any case, of what the package mirrors have now.
[[nodiscard]] util::Result<image::Image> build_image(const Session& session, const std::string& name, bool anew);
[[nodiscard]] util::Status remove_image(const Session& session, const std::string& name_or_digest);

} // namespace sf::app
