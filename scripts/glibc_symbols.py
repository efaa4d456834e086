#!/usr/bin/env python3
"""glibc_symbols.py [SUITE]: writes floor/x86_64.symbols, the symbols that the C library of SUITE (bullseye) offers.

Takes the package libc6 of the suite from the mirrors that the host's apt uses, with an apt state of its own, and reads
its libraries with readelf. docs/glibc.md says what the table is for.
"""
import collections
import glob
import os
import re
import subprocess
import sys
import tempfile

LIBRARIES = ["libc.so.6", "ld-linux-x86-64.so.2", "libm.so.6", "libmvec.so.1", "libpthread.so.0", "libdl.so.2",
             "librt.so.1", "libutil.so.1", "libresolv.so.2", "libanl.so.1"]
HEADER = """\
# Symbols of glibc {version} on x86_64, made by scripts/glibc_symbols.py from libc6 {package} ({suite}).
# A line has a symbol, its kind, and the versions of glibc in which it was new or changed its meaning; "@" marks the one
# that programs are linked with. An object has its size in bytes, and behind "=" the symbol that it is another name of.
"""


def run(*command, **options):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, **options).stdout


def mirrors():
    """URIs of the host's own Debian archive, as deb822 or one-line sources name them."""
    found = []
    for name in ["/etc/apt/sources.list"] + sorted(glob.glob("/etc/apt/sources.list.d/*")):
        if os.path.exists(name):
            text = open(name, encoding="utf-8").read()
            found += re.findall(r"^URIs:\s*(\S+)", text, re.M) + re.findall(r"^deb\s+(?:\[[^]]*\]\s*)?(\S+)", text, re.M)
    return [uri for uri in found if uri.rstrip("/").endswith("/debian")]


def fetch(suite, work):
    """Unpacks libc6 of the suite below `work`; its version."""
    for directory in ["lists/partial", "cache/archives/partial", "system"]:
        os.makedirs(f"{work}/{directory}")
    with open(f"{work}/sources.list", "w", encoding="utf-8") as sources:
        sources.write(f"deb {mirrors()[0]} {suite} main\n")
    apt = ["apt-get", "-qq"]
    for option in [f"Dir::State::Lists={work}/lists", f"Dir::Cache={work}/cache", "Dir::Etc::SourceParts=/dev/null",
                   "Dir::State::status=/dev/null",
                   f"Dir::Etc::SourceList={work}/sources.list", "APT::Architecture=amd64", "APT::Sandbox::User=root"]:
        apt += ["-o", option]
    run(*apt, "update")
    run(*apt, "download", "libc6:amd64", cwd=work)
    package = glob.glob(f"{work}/libc6_*.deb")[0]
    run("dpkg-deb", "-x", package, f"{work}/system")
    return run("dpkg-deb", "-f", package, "Version").strip()


def version_key(version):
    return [int(part) for part in version.split(".")]


Symbol = collections.namedtuple("Symbol", "value size kind weak name default version")


def read_symbols(file):
    """The public symbols of a library."""
    symbols = []
    for line in run("readelf", "-W", "--dyn-syms", file).splitlines():
        match = re.match(r"\s*\d+: (\w+)\s+(\d+) (FUNC|IFUNC|OBJECT)\s+(GLOBAL|WEAK)\s+DEFAULT\s+\d+ "
                         r"(\w+)(@@?)GLIBC_([\d.]+)$", line)
        if match:
            value, size, kind, binding, name, mark, version = match.groups()
            symbols.append(Symbol(value, int(size), "object" if kind == "OBJECT" else "func", binding == "WEAK", name,
                                  mark == "@@", version))
    return symbols


def describe(symbols):
    """One line for each name, in order."""
    strong = {}
    for symbol in sorted(symbols, key=lambda one: (one.weak, one.name), reverse=True):
        if symbol.kind == "object":
            strong[symbol.value] = symbol.name  # the last: no weak one, if there is another
    by_name = collections.defaultdict(list)
    for symbol in symbols:
        by_name[symbol.name].append(symbol)
    for name, versions in sorted(by_name.items()):
        first = versions[0]
        kind = first.kind
        if kind == "object":
            kind += f":{first.size}"
            if strong[first.value] != name:
                kind += f"={strong[first.value]}"
        versions.sort(key=lambda one: version_key(one.version))
        yield " ".join([name, kind] + [("@" if one.default else "") + one.version for one in versions])


def main():
    suite = sys.argv[1] if len(sys.argv) > 1 else "bullseye"
    top = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    with tempfile.TemporaryDirectory() as work:
        package = fetch(suite, work)
        text = HEADER.format(version=package.split("-")[0], package=package, suite=suite)
        for library in LIBRARIES:
            file = glob.glob(f"{work}/system/lib/x86_64-linux-gnu/{library}")[0]
            text += f"\n[{library}]\n" + "".join(line + "\n" for line in describe(read_symbols(file)))
    with open(f"{top}/floor/x86_64.symbols", "w", encoding="utf-8") as table:
        table.write(text)


main()
