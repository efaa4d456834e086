#include "tar/shipped.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>

namespace sf::tar {
namespace {

/// What is wrong with a file that `change` has been at.
std::optional<std::string> fault(const std::function<void(archive_entry*)>& change)
{
    const std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry(archive_entry_new(), archive_entry_free);
    archive_entry_set_pathname(entry.get(), "software/bin/x");
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), 0755);
    change(entry.get());
    return entry_fault(entry.get());
}

TEST(Shipped, EntriesThatMustNotShip)
{
    EXPECT_EQ(fault([](auto*) {}), std::nullopt);
    EXPECT_EQ(fault([](auto* e) { archive_entry_set_uname(e, "root"); }), std::nullopt);
    EXPECT_EQ(fault([](auto* e) { archive_entry_set_perm(e, 04755); }), "setuid or setgid");
    EXPECT_EQ(fault([](auto* e) { archive_entry_set_perm(e, 02755); }), "setuid or setgid");
    EXPECT_EQ(fault([](auto* e) { archive_entry_set_perm(e, 01755); }), "it has the sticky bit");
    EXPECT_EQ(fault([](auto* e) { archive_entry_set_perm(e, 0757); }), "everybody may write to it");
    EXPECT_EQ(fault([](auto* e) { archive_entry_set_uid(e, 1000); }), "it belongs to 1000:0, not to root");
    EXPECT_EQ(fault([](auto* e) { archive_entry_set_gid(e, 7); }), "it belongs to 0:7, not to root");
    EXPECT_NE(fault([](auto* e) { archive_entry_set_uname(e, "mallory"); }), std::nullopt); // tar(1) prefers names
    EXPECT_NE(fault([](auto* e) { archive_entry_set_gname(e, "disk"); }), std::nullopt);
    EXPECT_EQ(fault([](auto* e) { archive_entry_xattr_add_entry(e, "security.capability", "x", 1); }),
              "it has extended attributes");
    for (const auto type : {AE_IFIFO, AE_IFCHR, AE_IFBLK, AE_IFSOCK})
        EXPECT_EQ(fault([type](auto* e) { archive_entry_set_filetype(e, type); }),
                  "neither file, directory nor symbolic link");
    EXPECT_NE(fault([](auto* e) { archive_entry_set_hardlink(e, "software/bin/y"); }), std::nullopt);
}

TEST(Shipped, NamesThatMustNotShip)
{
    const auto named = [](const char* name) { return fault([name](auto* e) { archive_entry_set_pathname(e, name); }); };
    const auto linked = [](const char* target) {
        return fault([target](auto* e) {
            archive_entry_set_filetype(e, AE_IFLNK);
            archive_entry_set_perm(e, 0777); // as all links have
            archive_entry_set_symlink(e, target);
        });
    };
    EXPECT_EQ(name_fault("software/a b/-c * \xC3\xA9"), std::nullopt);
    EXPECT_EQ(named("software/\x1b[2J"), "a control character in its name");
    EXPECT_EQ(named("software/a\nb"), "a control character in its name");
    EXPECT_NE(named("software/\x7f"), std::nullopt);
    EXPECT_NE(name_fault("software/\xC2\x9B"), std::nullopt); // CSI, in one character
    EXPECT_EQ(linked("../x"), std::nullopt);
    EXPECT_EQ(linked("a\rb"), "a control character in the link's target");
}

TEST(Shipped, LinksThatLeadOutOfTheTree)
{
    const auto out = [](const std::map<std::string, std::string>& links) {
        LinkMap map;
        for (const auto& [path, target] : links)
            map.add(path, target);
        return map.first_out_of_tree().value_or("");
    };
    EXPECT_EQ(out({{"lib/a.so", "a.so.1"}, {"lib-api/b", "../lib/b"}, {"here", "."}, {"etc", "/etc"}}), "");
    EXPECT_EQ(out({{"lib/up", "../.."}}), "lib/up");
    EXPECT_EQ(out({{"up", "x/../../y"}}), "up");
    // By way of another link: bin/deep/.. is share, not bin.
    EXPECT_EQ(out({{"bin/deep", "../share/doc"}, {"bin/x", "deep/../../lib"}}), "");
    EXPECT_EQ(out({{"bin/deep", "../share"}, {"bin/x", "deep/../../lib"}}), "bin/x");
    EXPECT_EQ(out({{"etc", "/etc"}, {"x", "etc/passwd"}}), "x");
    EXPECT_EQ(out({{"a", "b"}, {"b", "a"}}), ""); // leads nowhere
}

TEST(Shipped, LinksOnTheWay)
{
    LinkMap links;
    links.add("lib/slurm", "/etc");
    EXPECT_EQ(links.link_above("lib/slurm/x/y"), "lib/slurm");
    EXPECT_EQ(links.link_above("lib/slurm"), std::nullopt);
    EXPECT_EQ(links.link_above("lib/slurm2/x"), std::nullopt);
}

} // namespace
} // namespace sf::tar
