// The processor to build for, named as Spack names it.
#pragma once

#include "util/error.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace sf::spec {

/// The processor of one machine.
struct Processor {
    std::string machine;                      ///< as `uname -m` says it: "x86_64"
    std::set<std::string, std::less<>> flags; ///< what it can do, in the words of /proc/cpuinfo

    /// This machine's. Error (code failure) when /proc/cpuinfo cannot be read.
    [[nodiscard]] static util::Result<Processor> detect();
    /// `cpuinfo` is the text of /proc/cpuinfo; the first processor in it stands for all.
    [[nodiscard]] static Processor read(std::string machine, std::string_view cpuinfo);
};

/// A family of processors and a level of it. Those of x86_64 are the micro-architecture levels of its ABI
/// (https://gitlab.com/x86-psABIs/x86-64-ABI): x86_64, x86_64_v2, x86_64_v3, x86_64_v4, each with all that the one
/// before has. parse(to_string()) == itself.
class Target {
public:
    /// A family comes in with its first target that is built and tested.
    enum class Family { x86_64 };

    /// x86_64: what runs on every processor of the family.
    [[nodiscard]] static Target generic();
    /// The names above, "generic" for the first, "native" for what this machine has. Errors (code usage) name what
    /// was meant, or say that the family is not supported yet.
    [[nodiscard]] static util::Result<Target> parse(std::string_view text);
    /// The highest target whose programs the processor runs. A family that is not supported is an error (code usage).
    [[nodiscard]] static util::Result<Target> native(const Processor& processor);
    /// The lowest target that has all the bits of a GNU_PROPERTY_X86_ISA_1_NEEDED property (none: generic()); nullopt
    /// when a bit belongs to no level.
    [[nodiscard]] static std::optional<Target> of_isa_needed(std::uint32_t bits);

    [[nodiscard]] std::string to_string() const;
    [[nodiscard]] Family family() const { return family_; }
    /// What is added to compilers' flags, by variable (CFLAGS, CXXFLAGS); nothing for generic(). It makes the compiler
    /// use the level, and mark what it makes as needing it, for the dynamic loader.
    [[nodiscard]] std::map<std::string, std::string> flags() const;
    /// Whether a processor of this target runs what is built for `other`.
    [[nodiscard]] bool includes(const Target& other) const;
    /// An error (code usage) when the processor does not run what is built for this target: configure scripts and
    /// build steps run what they have just compiled.
    [[nodiscard]] util::Status check_runs_on(const Processor& processor) const;

    bool operator==(const Target& other) const = default;

private:
    Target(Family family, unsigned level) : family_(family), level_(level) {}
    Family family_;
    unsigned level_; ///< from 1
};

} // namespace sf::spec
