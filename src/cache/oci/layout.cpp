#include "cache/oci/layout.hpp"

#include "cache/oci/index.hpp"
#include "util/files/directory.hpp"
#include "util/files/foreign_file.hpp"
#include "util/files/foreign_tree.hpp"
#include "util/files/fs.hpp"
#include "util/files/lock_wait.hpp"
#include "util/files/network_fs.hpp"
#include "util/text.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <system_error>

namespace sf::cache {

namespace {

namespace stdfs = std::filesystem;

constexpr const char* layout_name = "oci-layout";
constexpr const char* layout_text = R"({"imageLayoutVersion":"1.0.0"})";
constexpr const char* index_name = "index.json";
constexpr const char* index_lock_name = "index.lock";
constexpr const char* blobs_lock_name = "blobs.lock";
constexpr const char* pending_name = "pending";
constexpr const char* temporary_name = "tmp";
constexpr const char* keys_name = "keys";
constexpr const char* signatures_name = "signatures";

/// Of a file in keys/.
constexpr std::size_t longest_key_line = 200;

/// nullopt when the file is not there, nor was put there by another machine a moment ago.
util::Result<std::optional<std::string>> read_if_there(const stdfs::path& file, std::size_t longest)
{
    if (!util::path_exists_by_now(file))
        return std::optional<std::string>();
    SF_TRY(auto text, util::read_foreign_file(file, longest));
    return std::optional(std::move(text));
}

/// What is there and cannot be read (EIO of a disk, ESTALE of NFS) is as good as damaged: that is the fault of this one
/// thing, not of the whole cache, and a push puts another in its place.
tl::unexpected<util::Error> as_damage(util::Error error)
{
    if (error.code != util::ErrorCode::interrupted) {
        error.code = util::ErrorCode::verify;
        error.hint = "push it again";
    }
    return tl::unexpected(std::move(error));
}

util::Result<std::optional<std::string>> read_one_thing(const stdfs::path& file, std::size_t longest)
{
    auto text = read_if_there(file, longest);
    if (!text)
        return as_damage(std::move(text).error());
    return text;
}

/// Whatever takes the place of a blob but is no file is damage as well, and cannot be replaced by one.
util::Status make_way(const stdfs::path& place)
{
    std::error_code ignored;
    return stdfs::is_directory(stdfs::symlink_status(place, ignored)) ? util::remove_tree(place) : util::Status();
}

bool is_old(const struct stat& st, std::chrono::seconds age)
{
    const auto now = std::chrono::system_clock::now();
    return now - std::chrono::system_clock::from_time_t(st.st_mtim.tv_sec) > age;
}

/// A killed process leaves its temporary files behind. Another writer of the cache may have replaced the directory by
/// a link.
void remove_old_leftovers(const stdfs::path& directory)
{
    const auto fd = util::open_file(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (!fd)
        return;
    for (const auto& name : util::names_in(fd->get(), directory.string()).value_or(std::vector<std::string>())) {
        struct stat st = {};
        if (::fstatat(fd->get(), name.c_str(), &st, AT_SYMLINK_NOFOLLOW) == 0 && is_old(st, Layout::longest_push))
            static_cast<void>(util::remove_at(fd->get(), name));
    }
}

/// False when it is not there.
util::Result<bool> touch_file(const stdfs::path& file)
{
    if (::utimensat(AT_FDCWD, file.c_str(), nullptr, AT_SYMLINK_NOFOLLOW) == 0)
        return true;
    if (errno == ENOENT)
        return false;
    return util::fail_errno(errno, fmt::format("cannot note the use of {}", file.string()));
}

/// A new one is that of a push which is about to name its manifest.
util::Status forget_signature(const stdfs::path& file)
{
    return is_older(file, Layout::longest_push) ? util::remove_tree(file) : util::Status();
}

/// Whether the file holds the blob. False as well for one that cannot be read.
util::Result<bool> is_whole(const stdfs::path& file, const Descriptor& blob, const util::StopToken& stop)
{
    constexpr std::size_t step = std::size_t{1} << 20U;
    const auto fd = util::open_foreign_file(file);
    util::Sha256 hash;
    for (std::uint64_t offset = 0; fd && offset <= blob.size;) {
        SF_CHECK(stop.check());
        const auto bytes = read_part(fd->get(), offset, step, file);
        if (!bytes)
            return false;
        if (bytes->empty())
            return hash.finish() == blob.digest;
        hash.update(*bytes);
        offset += bytes->size();
    }
    return false;
}

/// A link that another user puts in a directory's place must not lead a push elsewhere.
util::Status refuse_links_of_others(const stdfs::path& root)
{
    for (const auto* name : {"blobs", "blobs/sha256", keys_name, pending_name, signatures_name, temporary_name}) {
        struct stat st = {};
        const auto place = root / name;
        if (::lstat(place.c_str(), &st) == 0 && S_ISLNK(st.st_mode) && st.st_uid != 0 && st.st_uid != ::geteuid())
            return util::fail(util::ErrorCode::permission,
                              fmt::format("{} is a symbolic link that user {} made", place.string(), st.st_uid),
                              "find out why; a directory belongs there");
    }
    return {};
}

} // namespace

bool is_older(const stdfs::path& file, std::chrono::seconds age)
{
    struct stat st = {};
    return ::lstat(file.c_str(), &st) == 0 && is_old(st, age);
}

std::string blob_place(const util::Digest& digest)
{
    return "blobs/sha256/" + digest.to_hex();
}

std::string key_place(const util::Digest& key)
{
    const auto hex = key.to_hex();
    return fmt::format("{}/{}/{}", keys_name, hex.substr(0, 2), hex);
}

std::string signature_place(const util::Digest& manifest, Scheme scheme)
{
    return fmt::format("{}/{}{}", signatures_name, manifest.to_hex(), suffix(scheme));
}

util::Result<Descriptor> parse_key_file(std::string_view text)
{
    const auto words = util::split(util::trim(text), ' ');
    const auto digest = util::Digest::parse(words.front());
    std::uint64_t size = 0;
    if (words.size() != 2 || !digest ||
        std::from_chars(words[1].data(), words[1].data() + words[1].size(), size).ec != std::errc() ||
        size > longest_manifest)
        return util::fail(util::ErrorCode::verify, "it does not name a manifest");
    return Descriptor{manifest_media_type, *digest, size};
}

util::Status Layout::create(const util::StopToken& stop) const
{
    SF_CHECK(refuse_links_of_others(root_));
    if (util::path_exists(root_ / layout_name))
        return {};
    SF_TRY(const auto names, util::names_in(root_));
    // Another process may have made it in the meantime.
    const auto is_ours = [](const std::string& name) {
        return name == index_lock_name || name == "blobs" || name.starts_with(index_name) ||
               name.starts_with(layout_name);
    };
    const bool made = util::path_exists(root_ / layout_name);
    if (!made && !std::all_of(names.begin(), names.end(), is_ours))
        return util::fail(util::ErrorCode::usage, fmt::format("{} is not empty and no binary cache", root_.string()),
                          "name an empty directory, or one that does not exist");
    SF_CHECK(util::make_directories(root_ / "blobs" / "sha256"));
    SF_TRY(const auto lock, lock_index(stop));
    if (!util::path_exists(root_ / index_name))
        SF_CHECK(util::write_file_atomic(root_ / index_name, Index().text()));
    return util::write_file_atomic(root_ / layout_name, layout_text);
}

util::Status Layout::require() const
{
    if (util::path_exists_by_now(root_ / layout_name))
        return {};
    return util::fail(util::ErrorCode::failure, fmt::format("there is no binary cache in {}", root_.string()),
                      "check the path, and that it is mounted; the first push makes one");
}

util::Result<util::FileLock> Layout::lock_index(const util::StopToken& stop, util::FileLock::Mode mode) const
{
    SF_TRY(auto lock, util::wait_for_lock(root_ / index_lock_name, stop, {}, mode));
    util::see_changes_of_others(root_);
    return lock;
}

util::Result<util::FileLock> Layout::lock_blobs(const util::StopToken& stop, util::FileLock::Mode mode) const
{
    return util::wait_for_lock(root_ / blobs_lock_name, stop, {}, mode);
}

util::Result<std::optional<Descriptor>> Layout::find(const util::Digest& key) const
{
    const auto file = root_ / key_place(key);
    SF_TRY(const auto text, read_one_thing(file, longest_key_line));
    if (!text)
        return std::optional<Descriptor>();
    auto manifest = parse_key_file(*text);
    if (!manifest)
        return util::fail(std::move(manifest).error(), fmt::format("reading {}", file.string()));
    return std::optional(std::move(*manifest));
}

util::Status Layout::put_key(const util::Digest& key, const Descriptor& manifest, const util::StopToken& stop) const
{
    SF_TRY(const auto lock, lock_index(stop, util::FileLock::Mode::shared));
    SF_CHECK(util::write_file_atomic(root_ / pending_name / key.to_hex(), ""));
    return util::write_file_atomic(root_ / key_place(key),
                                   fmt::format("sha256:{} {}\n", manifest.digest.to_hex(), manifest.size));
}

util::Result<std::vector<util::Digest>> Layout::forget(std::vector<util::Digest> keys, std::chrono::seconds age,
                                                       const util::StopToken& stop) const
{
    if (keys.empty())
        return keys;
    const auto file = root_ / index_name;
    SF_TRY(const auto lock, lock_index(stop));
    // A push notes the use before it relies on a key, both under this lock.
    std::erase_if(keys, [&](const util::Digest& key) { return !is_older(root_ / key_place(key), age); });
    SF_TRY(const auto text, read_if_there(file, longest_index));
    if (text) {
        auto index = Index::parse(*text);
        if (!index)
            return util::fail(std::move(index).error(), fmt::format("reading {}", file.string()));
        for (const auto& key : keys)
            index->forget(key);
        SF_CHECK(util::write_file_atomic(file, index->text()));
    }
    for (const auto& key : keys) {
        const auto manifest = find(key);
        SF_CHECK(util::remove_tree(root_ / pending_name / key.to_hex()));
        SF_CHECK(util::remove_tree(root_ / key_place(key)));
        if (manifest && *manifest)
            for (const auto scheme : all_schemes)
                SF_CHECK(forget_signature(root_ / signature_place((*manifest)->digest, scheme)));
    }
    return keys;
}

util::Result<bool> Layout::touch(const util::Digest& key, const util::StopToken& stop) const
{
    SF_TRY(const auto lock, lock_index(stop, util::FileLock::Mode::shared));
    return touch_file(root_ / key_place(key));
}

util::Status Layout::put_image(const std::string& tag, const Descriptor& manifest, const util::StopToken& stop) const
{
    const auto file = root_ / index_name;
    SF_TRY(const auto lock, lock_index(stop));
    SF_TRY(const auto text, util::read_foreign_file(file, longest_index));
    auto index = Index::parse(text);
    if (!index)
        return util::fail(std::move(index).error(), fmt::format("reading {}", file.string()));
    index->put(tag, manifest);
    return util::write_file_atomic(file, index->text());
}

util::Result<Index> Layout::read_index() const
{
    util::see_changes_of_others(root_);
    SF_TRY(const auto text, read_if_there(root_ / index_name, longest_index));
    return text ? Index::parse(*text) : Index();
}

util::Result<std::optional<Descriptor>> Layout::find_image(const std::string& tag) const
{
    SF_TRY(const auto index, read_index());
    return index.find(tag);
}

util::Result<std::vector<std::string>> Layout::image_tags() const
{
    SF_TRY(const auto index, read_index());
    return index.tags();
}

util::Result<std::vector<util::Digest>> Layout::images() const
{
    SF_TRY(const auto index, read_index());
    return index.images();
}

util::Result<std::vector<util::Digest>> Layout::keys() const
{
    std::vector<util::Digest> keys;
    SF_TRY(const auto shelves, util::names_in(root_ / keys_name));
    for (const auto& shelf : shelves) {
        SF_TRY(const auto names, util::names_in(root_ / keys_name / shelf));
        for (const auto& name : names)
            if (const auto key = digest_named(name))
                keys.push_back(*key);
    }
    std::sort(keys.begin(), keys.end());
    return keys;
}

bool Layout::has_blob(const Descriptor& blob) const
{
    struct stat st = {};
    return ::lstat((root_ / blob_place(blob.digest)).c_str(), &st) == 0 && S_ISREG(st.st_mode) &&
           static_cast<std::uint64_t>(st.st_size) == blob.size;
}

util::Status Layout::require_blob(const Descriptor& blob) const
{
    if (has_blob(blob))
        return {};
    return util::fail(util::ErrorCode::verify,
                      fmt::format("{} is missing or not {} long", (root_ / blob_place(blob.digest)).string(),
                                  util::human_bytes(blob.size)),
                      "push the package again");
}

util::Result<bool> Layout::use_blob(const Descriptor& blob, const util::StopToken& stop) const
{
    const auto place = root_ / blob_place(blob.digest);
    if (!has_blob(blob))
        return false;
    {
        SF_TRY(const auto lock, lock_blobs(stop, util::FileLock::Mode::shared));
        const auto touched = touch_file(place);
        // Another user's, whose time is not ours to change: one of our own takes its place.
        if (!touched && touched.error().code == util::ErrorCode::permission)
            return false;
        SF_TRY(const bool is_there, touched);
        if (!is_there)
            return false;
    }
    return is_whole(place, blob, stop);
}

util::Result<bool> Layout::remove_blob(const util::Digest& digest, const util::StopToken& stop) const
{
    const auto place = root_ / blob_place(digest);
    SF_TRY(const auto lock, lock_blobs(stop, util::FileLock::Mode::exclusive));
    if (!is_older(place, longest_push))
        return false;
    SF_CHECK(util::remove_tree(place));
    return true;
}

util::Status Layout::put_blob(const BlobSource& blob, const util::StopToken& stop) const
{
    const auto& descriptor = blob.descriptor();
    SF_TRY(const bool is_there, use_blob(descriptor, stop));
    if (is_there)
        return {};
    SF_CHECK(util::require_space(root_, descriptor.size, "a blob of the binary cache"));
    SF_TRY(const auto draft, util::TempDir::make(root_ / temporary_name, "push"));
    const auto file = draft.path() / "blob";
    SF_TRY(auto writer, BlobWriter::open(descriptor, file, stop));
    SF_CHECK(copy_blob(blob, writer, stop));
    const auto place = root_ / blob_place(descriptor.digest);
    SF_CHECK(util::make_directories(place.parent_path()));
    // Not between a prune's look at the old one's time and its removal.
    SF_TRY(const auto lock, lock_blobs(stop, util::FileLock::Mode::shared));
    SF_CHECK(make_way(place));
    return util::rename_path(file, place);
}

util::Result<std::string> Layout::read_blob(const Descriptor& blob) const
{
    const auto file = root_ / blob_place(blob.digest);
    SF_CHECK(require_blob(blob));
    auto bytes = util::read_foreign_file(file, longest_manifest);
    if (!bytes)
        return as_damage(std::move(bytes).error());
    if (util::sha256(*bytes) != blob.digest)
        return util::fail(util::ErrorCode::verify, fmt::format("{} is damaged", file.string()),
                          "push the package again");
    return bytes;
}

util::Status Layout::copy_blob_to(BlobWriter& writer, const Descriptor& blob, const util::StopToken& stop) const
{
    const auto place = root_ / blob_place(blob.digest);
    const auto fd = util::open_foreign_file(place);
    if (!fd && !util::path_exists(place))
        return util::fail(util::ErrorCode::verify,
                          fmt::format("blob {} is not in {}", blob.digest.to_short(), root_.string()),
                          "push the package again");
    if (!fd)
        return as_damage(fd.error());
    const auto read = [&](std::uint64_t offset, std::size_t count) -> util::Result<std::string> {
        auto bytes = read_part(fd->get(), offset, count, place);
        if (!bytes)
            return as_damage(std::move(bytes).error());
        return bytes;
    };
    return copy_blob(read, writer, stop);
}

util::Result<std::optional<std::string>> Layout::find_signature(const util::Digest& manifest, Scheme scheme) const
{
    return read_one_thing(root_ / signature_place(manifest, scheme), longest_signature);
}

util::Status Layout::put_signature(const util::Digest& manifest, std::string_view text,
                                   const util::StopToken& stop) const
{
    SF_TRY(const auto lock, lock_index(stop, util::FileLock::Mode::shared));
    return util::write_file_atomic(root_ / signature_place(manifest, scheme_of(text)), text);
}

util::Status Layout::update_index(const util::StopToken& stop) const
{
    const auto file = root_ / index_name;
    remove_old_leftovers(root_ / temporary_name);
    SF_TRY(const auto lock, lock_index(stop));
    SF_TRY(const auto pending, util::names_in(root_ / pending_name));
    SF_TRY(const auto text, read_if_there(file, longest_index));
    if (pending.empty() && text)
        return {};
    auto index = text ? Index::parse(*text) : Index();
    if (!index)
        return util::fail(std::move(index).error(), fmt::format("reading {}", file.string()));
    std::vector<util::Digest> news;
    if (!text) {
        SF_TRY(news, keys());
    }
    for (const auto& name : pending)
        if (const auto key = digest_named(name))
            news.push_back(*key);
    std::vector<std::string> done;
    for (const auto& key : news) {
        const auto manifest = find(key);
        if (!manifest && manifest.error().code != util::ErrorCode::verify) // what is damaged is pushed again
            return tl::unexpected(manifest.error());
        // A push notes the key as pending before it writes it.
        if (!manifest || !*manifest)
            continue;
        index->put(key.to_hex(), **manifest);
        done.push_back(key.to_hex());
    }
    SF_CHECK(util::write_file_atomic(file, index->text()));
    for (const auto& name : done) {
        std::error_code ignored;
        stdfs::remove(root_ / pending_name / name, ignored);
    }
    return {};
}

} // namespace sf::cache
