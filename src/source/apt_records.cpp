#include "source/apt_records.hpp"

#include "util/text.hpp"

#include <algorithm>
#include <sstream>

namespace sf::source {

namespace {

constexpr std::size_t most_complaints = 3;

/// " SHA SIZE NAME"
std::optional<AptRecordFile> parse_file_line(const std::string& line)
{
    std::istringstream fields(line);
    AptRecordFile file;
    if (!(fields >> file.sha256 >> file.size >> file.name))
        return std::nullopt;
    return file;
}

} // namespace

std::vector<AptRecord> parse_showsrc(std::string_view text)
{
    constexpr std::string_view package_field = "Package: ";
    constexpr std::string_view version_field = "Version: ";
    std::vector<AptRecord> records;
    AptRecord record;
    bool in_sums = false;
    auto lines = util::split(text, '\n');
    lines.emplace_back(); // ends the last stanza
    for (const auto& line : lines) {
        if (line.empty()) {
            if (!record.package.empty() && !record.version.empty())
                records.push_back(std::move(record));
            record = {};
            in_sums = false;
        } else if (line.front() == ' ') {
            if (auto file = in_sums ? parse_file_line(line) : std::nullopt)
                record.files.push_back(std::move(*file));
        } else {
            in_sums = line.starts_with("Checksums-Sha256:");
            if (line.starts_with(package_field))
                record.package = util::trim(std::string_view(line).substr(package_field.size()));
            else if (line.starts_with(version_field))
                record.version = util::trim(std::string_view(line).substr(version_field.size()));
        }
    }
    return records;
}

std::string upstream_version(std::string_view version)
{
    return std::string(version.substr(0, version.rfind('-')));
}

std::optional<std::string> find_uri(std::string_view print_uris, const util::Digest& sha256)
{
    const auto sum = "SHA256:" + sha256.to_hex();
    for (const auto& line : util::split(print_uris, '\n')) {
        // 'URI' NAME SIZE SHA256:SUM
        const auto end = line.find('\'', 1);
        if (line.starts_with('\'') && end != std::string::npos && line.find(sum, end) != std::string::npos)
            return line.substr(1, end - 1);
    }
    return std::nullopt;
}

std::string apt_complaint(std::string_view output)
{
    std::vector<std::string> errors;
    std::vector<std::string> warnings;
    for (const auto& line : util::split(output, '\n')) {
        auto& list = line.starts_with("E: ") ? errors : warnings;
        const bool summary = line.find("Some index files failed") != std::string::npos;
        const bool wanted = (line.starts_with("E: ") || line.starts_with("W: ")) && !summary;
        if (wanted && list.size() < most_complaints)
            list.push_back(line.substr(3));
    }
    if (errors.empty())
        errors = std::move(warnings);
    if (!errors.empty())
        return util::join(errors, "; ");
    return std::string(util::trim(util::last_lines(output, most_complaints)));
}

} // namespace sf::source
