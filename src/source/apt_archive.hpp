// The distribution's source archive, through a private apt state made from the host's own apt configuration.
#pragma once

#include "recipe/recipe.hpp"
#include "site/site.hpp"
#include "source/apt_config.hpp"
#include "source/apt_records.hpp"
#include "util/error.hpp"
#include "util/files/sha256.hpp"
#include "util/stop.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace sf::source {

struct AptSettings {
    std::filesystem::path directory; ///< the private state, ROOT/cache/apt
    std::filesystem::path etc_apt = "/etc/apt";
    std::filesystem::path os_release = "/etc/os-release";
    site::Network network;
    std::chrono::seconds list_age = std::chrono::hours(24); ///< when a list is old enough to be asked for again
};

/// A file of the archive.
struct AptFile {
    std::vector<std::string> uris; ///< of the suite and its security suite: only one of the two may still have it
    std::string version;           ///< Debian version of the source package
    std::string suite;
    std::uint64_t size = 0; ///< 0 if no list says it
};

/// A version of a source package that the archive has.
struct AptVersion {
    std::string version; ///< the Debian version
    std::string suite;
};

/// DIRECTORY/<suite>/ is one apt state of its own with the Sources lists of one suite and its security suite, so that a
/// suite's lists (some 10 MB) are downloaded only when what is wanted is not in those that are there. The host's
/// proxies, credentials and keys apply; nothing of the host's apt state is changed, and its hooks do not run.
/// Safe to use from several threads and processes.
class AptArchive {
public:
    explicit AptArchive(AptSettings settings);

    /// Finds the file with that name and checksum in any Debian revision of the package at that upstream version, or in
    /// the very revision that is wanted.
    /// Lists are downloaded as needed, each at most once in the life of this object.
    [[nodiscard]] util::Result<AptFile> locate(const recipe::AptSource& wanted, const util::Digest& sha256,
                                               const util::StopToken& stop);

    /// Where the file is if no list names it any more: archives remove a revision from their lists before its files.
    /// Nobody has looked whether it is there. Nothing when there is no archive, or it does not answer.
    [[nodiscard]] std::optional<AptFile> in_pool(const recipe::AptSource& wanted);

    /// Downloads to `to`, continuing what is there. The caller checks the bytes, though apt has done so too.
    [[nodiscard]] util::Status download(const AptFile& file, const util::Digest& sha256,
                                        const std::filesystem::path& to, const util::StopToken& stop) const;

    /// For a located file that cannot be downloaded: asks for the lists again if that has not been done in the life of
    /// this object. False: nothing new, locate() would say the same.
    [[nodiscard]] util::Result<bool> renew(const AptFile& file, const util::StopToken& stop);

    /// What all suites have of each of the packages. Lists that are missing or old are downloaded unless `offline`.
    /// Error source: there is no archive, or there are no lists of any suite.
    [[nodiscard]] util::Result<std::map<std::string, std::vector<AptVersion>>>
    versions(const std::vector<std::string>& packages, bool offline, const util::StopToken& stop);
    /// What updates of lists complained about since this object was made.
    [[nodiscard]] std::vector<std::string> complaints();

private:
    /// One suite's apt state. The mutex and the lock file in its directory are held while the lists are used, so that
    /// nobody waits for the lists of a suite he does not need.
    struct Suite {
        std::mutex mutex;
        bool configured = false; ///< apt.conf was written by this object
        bool updated = false;    ///< by this object, with whatever result
        std::string complaint;   ///< what the update complained about; guarded by AptArchive::mutex_
    };
    enum class Freshness { missing, old, fresh };
    enum class Use {
        present, ///< look into lists that are here, whatever their age
        missing, ///< download lists that are not here, and look into them
        renewed, ///< download old lists again, and look into them
    };
    struct Looked {
        bool had_lists = false;
        std::optional<AptFile> file;
    };

    util::Status prepare();
    util::Result<Looked> look(const std::string& name, Use use, const recipe::AptSource& wanted,
                              const util::Digest& sha256, const util::StopToken& stop);
    util::Status configure(const std::string& name);
    util::Status update(const std::string& name, const util::StopToken& stop);
    util::Result<std::optional<AptFile>> search(const std::string& name, const recipe::AptSource& wanted,
                                                const util::Digest& sha256, const util::StopToken& stop);
    /// Every place of the file in the suite's lists.
    util::Result<std::vector<std::string>> find_uris(const std::string& name, const AptRecord& record,
                                                     const util::Digest& sha256, const util::StopToken& stop);
    [[nodiscard]] util::Status download_from(const std::string& uri, const AptFile& file, const util::Digest& sha256,
                                             const std::filesystem::path& to, const util::StopToken& stop) const;
    /// The records of packages in the suite's lists; of packages that it does not have there are none.
    util::Result<std::vector<AptRecord>> show(const std::string& name, const std::vector<std::string>& packages,
                                              const util::StopToken& stop);
    util::Error not_found(const recipe::AptSource& wanted, bool had_lists);
    [[nodiscard]] Freshness freshness(const std::string& name) const;
    [[nodiscard]] std::filesystem::path suite_directory(const std::string& name) const
    {
        return settings_.directory / name;
    }
    [[nodiscard]] std::filesystem::path config_file(const std::string& name) const
    {
        return suite_directory(name) / "apt.conf";
    }

    AptSettings settings_;
    std::map<std::string, Suite> suites_;   ///< never changes its keys
    std::atomic<bool> unreachable_ = false; ///< an update could not connect; the next would take long to find that out
    std::mutex mutex_;                      ///< guards what follows
    std::optional<util::Result<HostArchive>> archive_;               ///< does not change once it is set
    std::map<std::string, std::vector<std::string>> other_versions_; ///< by package, what the lists had instead
};

} // namespace sf::source
