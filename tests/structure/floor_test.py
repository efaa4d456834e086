"""floor/x86_64.symbols is whole: its libraries are those of glibc, its lines are well-formed and in order, and what is known
of glibc's history is in it.

Usage: floor_test.py SOURCE_DIRECTORY
"""
import pathlib
import re
import sys

table = pathlib.Path(sys.argv[1]) / "floor/x86_64.symbols"
LINE = re.compile(r"(\w+) (?:func|object:\d+(?:=(\w+))?)((?: @?2(?:\.\d+)+)+)")
faults = []
libraries = {}
library = None
for number, line in enumerate(table.read_text().splitlines(), 1):
    if line.startswith("[") and line.endswith("]"):
        library = libraries.setdefault(line[1:-1], {})
    elif line and not line.startswith("#"):
        match = LINE.fullmatch(line)
        if not match or library is None:
            faults.append(f"{table}:{number}: {line}")
            continue
        name, alias, versions = match.groups()
        if library and name <= list(library)[-1]:
            faults.append(f"{table}:{number}: {name} is out of order")
        library[name] = (alias, versions.split())

wanted = {"libc.so.6", "ld-linux-x86-64.so.2", "libm.so.6", "libmvec.so.1", "libpthread.so.0", "libdl.so.2",
          "librt.so.1", "libutil.so.1", "libresolv.so.2", "libanl.so.1"}
faults += [f"{table}: {name} is missing, or too much" for name in sorted(wanted ^ set(libraries))]
for name, symbols in libraries.items():
    for symbol, (alias, versions) in symbols.items():
        numbers = [[int(part) for part in version.lstrip("@").split(".")] for version in versions]
        if numbers != sorted(numbers) or sum(version.startswith("@") for version in versions) > 1:
            faults.append(f"{table}: {name}: the versions of {symbol} are out of order, or it has two at a time")
        if alias is not None and alias not in symbols:
            faults.append(f"{table}: {name}: {symbol} is another name of {alias}, which is not there")
for library, symbol, versions in [("libm.so.6", "pow", "2.2.5 @2.29"), ("libc.so.6", "memcpy", "2.2.5 @2.14"),
                                  ("libc.so.6", "__libc_start_main", "@2.2.5"), ("libc.so.6", "environ", "@2.2.5"),
                                  ("libc.so.6", "fcntl64", "@2.28"), ("libpthread.so.0", "pthread_create", "@2.2.5"),
                                  ("libdl.so.2", "dlopen", "@2.2.5"), ("ld-linux-x86-64.so.2", "__tls_get_addr", "@2.3")]:
    found = libraries.get(library, {}).get(symbol, (None, []))[1]
    if found != versions.split():
        faults.append(f"{table}: {library}: {symbol} has the versions {found}, not {versions}")
for symbol in ("arc4random", "stat", "close_range", "dn_expand"):
    if any(symbol in symbols for symbols in libraries.values()):
        faults.append(f"{table}: {symbol} is newer than the table")

print("\n".join(faults) or f"{sum(map(len, libraries.values()))} symbols")
sys.exit(1 if faults else 0)
