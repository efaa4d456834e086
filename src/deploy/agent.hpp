// What runs on a node: agent.sh, a POSIX shell script that does what it is told, line by line. Private to `deploy`.
// PID 1 of a node need not be init, and /bin/sh need not be bash. `$W` is the directory for what comes.
//
// Nothing has to be installed for it but coreutils, GNU tar and gzip or zstd. It reads the prefix, then one verb a
// line, and ends every answer with "ok" or with "error REASON", after which it is gone; "bad REASON" means that only
// this verb failed. What it makes lies below PREFIX/.incoming/START.PID.HOST until it is renamed to its place; the
// directory goes when the script ends, or with the next deploy when the script was killed.
//
// PREFIX/LINK is a link to .active/LINK and stays so; .active is a link to a set, .sets/NUMBER.START.PID.HOST, which
// has the links to versions/ID and, in previous/, those to the versions before. A set never changes: activating is
// making the next one, and renaming a link to it over .active.
//
//   probe                 "free KIB", "has PROGRAM"..., "version ID"... (newest first), "link LINK ID"...,
//                         "previous LINK ID"..., "running ID PROGRAM"...
//   manifests             "manifest ID SIZE" and that many bytes, for each version
//   begin                 makes PREFIX and the directory for what comes, and removes what killed deploys left
//   copy ID SHA256 SIZE...  lists of these sizes follow, paths one a line: all that is to be copied from that version,
//                         then directories, files, links, and sums for sha256sum(1); "bad" where types, modes, sizes or
//                         links, of which SHA256 is (copies.hpp), or sums differ
//   unpack PROGRAM SIZE SHA256 BLAKE2B  SIZE bytes follow: the archive, or members of it; an error where they have
//                         another sum, by b2sum(1) where it is there
//   commit ID             makes what was copied and unpacked the version ID
//   activate LINK=ID...   points the links there, all with one rename; what they named becomes the previous version
//   remove ID...          removes versions that no link names, or did before
//   quit
#pragma once

#include "deploy/agent.sh.hpp"

namespace sf::deploy {

/// The first line that agent_sh() says.
inline constexpr std::string_view agent_greeting = "slurm-factory deploy 1";

} // namespace sf::deploy
