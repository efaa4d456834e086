#include "app/images/image_import.hpp"

#include "util/files/fs.hpp"

#include <gtest/gtest.h>

namespace sf::app {
namespace {

using Kind = SystemPlace::Kind;

void expect_image(const std::string& text, const std::string& remote, const std::string& tag)
{
    const auto place = parse_system_place(text);
    EXPECT_EQ(place.kind, Kind::image) << text;
    EXPECT_EQ(place.remote, remote) << text;
    EXPECT_EQ(place.tag, tag) << text;
}

TEST(SystemPlace, KnowsRegistriesTheirPortsAndTags)
{
    expect_image("oci://host/group/name", "oci://host/group/name", "latest");
    expect_image("oci://host:5000/name", "oci://host:5000/name", "latest");
    expect_image("oci://host:5000/name:1.0", "oci://host:5000/name", "1.0");
    expect_image("docker://host/name:9", "oci://host/name", "9");
}

TEST(SystemPlace, KnowsLayouts)
{
    expect_image("oci:/srv/images", "/srv/images", "latest");
    expect_image("oci:/srv/images:site", "/srv/images", "site");
}

TEST(SystemPlace, TellsDirectoriesFromArchives)
{
    const auto directory = util::TempDir::make(std::filesystem::temp_directory_path(), "place");
    ASSERT_TRUE(directory);
    EXPECT_EQ(parse_system_place(directory->path().string()).kind, Kind::directory);
    EXPECT_EQ(parse_system_place((directory->path() / "root.tar.gz").string()).kind, Kind::archive);
    ASSERT_TRUE(util::write_file_atomic(directory->path() / "oci-layout", "{}"));
    expect_image(directory->path().string(), directory->path().string(), "latest");
}

} // namespace
} // namespace sf::app
