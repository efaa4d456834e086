#include "image/configure_cache.hpp"

#include <gtest/gtest.h>

namespace sf::image {
namespace {

TEST(ConfigureCache, IsOfDefaultsForCacheVariables)
{
    EXPECT_TRUE(is_site_file("ac_cv_func_mmap=${ac_cv_func_mmap=yes}\n"));
    EXPECT_TRUE(is_site_file("ac_cv_sizeof_int=${ac_cv_sizeof_int=4}\nlt_cv_objdir=${lt_cv_objdir=.libs}\n"));
    EXPECT_TRUE(is_site_file("ac_cv_path_SED=${ac_cv_path_SED='/bin/sed -n'}")) << "the last line may lack its end";
}

TEST(ConfigureCache, RefusesEveryOtherLine)
{
    const std::string good = "ac_cv_func_mmap=${ac_cv_func_mmap=yes}\n";
    for (const auto* line : {
             "CFLAGS=${CFLAGS=-O0}",                           // not a cache variable
             "cache_file=${cache_file=/tmp/x}",                // nor that
             "prefix=/elsewhere",                              // nor that
             "ac_cv_func_mmap=yes",                            // would win over what the user says
             "ac_cv_func_mmap=${ac_cv_func_fork=yes}",         // another variable's
             "ac_cv_func_mmap=${ac_cv_func_mmap:-yes}",        // does not set the variable inside
             "ac_cv_func_mmap=${ac_cv_func_mmap=yes} && true", // a command behind it
             "ac_cv_func_mmap=${ac_cv_func_mmap=yes",          // cut off
             " ac_cv_func_mmap=${ac_cv_func_mmap=yes}",        // as within something else
             "export ac_cv_func_mmap=${ac_cv_func_mmap=yes}",  // not the name alone
             "# a comment",                                    // no assignment
             "",                                               // not even text
         }) {
        EXPECT_FALSE(is_site_file(good + line + "\n" + good)) << line;
    }
}

} // namespace
} // namespace sf::image
