#include "site/logs.hpp"

#include "util/files/fs.hpp"

namespace sf::site {

util::Claims log_claims(const Site& site)
{
    return util::Claims(site.work() / "locks" / "logs");
}

util::Result<util::UniqueFd> begin_log(const Site& site, const std::string& name)
{
    SF_CHECK(util::make_directories(site.logs()));
    return log_claims(site).create(site.logs() / name);
}

} // namespace sf::site
