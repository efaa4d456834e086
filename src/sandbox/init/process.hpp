// What a process may set of itself.
#pragma once

#include <string_view>

namespace sf::sandbox::init {

/// Default actions for all signals, and none blocked.
void reset_signals();

/// -1000: the out-of-memory killer passes over this process, and over what it starts (proc(5)).
void adjust_memory_score(std::string_view score);

/// Courtesy to the other processes of the machine. Where it is refused, the job runs all the same.
void give_way(unsigned nice, bool idle_io);

/// Closes all descriptors from `first` on, or has execve(2) close them.
void close_from(int first, bool on_exec);

} // namespace sf::sandbox::init
