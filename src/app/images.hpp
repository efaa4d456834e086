// `slurm-factory image`
#pragma once

#include "app/context.hpp"
#include "image/image.hpp"

#include <string>
#include <vector>

namespace sf::app {

[[nodiscard]] util::Result<std::vector<image::Image>> list_images(const Context& context);
/// Makes the image of that name (empty: the configured or the host's), if it is not there.
[[nodiscard]] util::Result<image::Image> build_image(const Context& context, const std::string& name);
[[nodiscard]] util::Status remove_image(const Context& context, const std::string& name_or_digest);

} // namespace sf::app
