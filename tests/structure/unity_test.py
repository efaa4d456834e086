#!/usr/bin/env python3
"""The .cpp files of one module, and those of its tests, can be compiled as one file (CMAKE_UNITY_BUILD), however CMake groups them.

What a file keeps to itself, in a namespace without a name or as a static or constant of its own, must have another name than
what the module's other files and headers have in the same namespace: functions may share a name when their parameters
differ, and two files may give the same thing the same short name (`using`, `namespace fs = ...`).

Usage: unity_test.py SOURCE_DIR. Prints each clash and exits 1 if there is one.
"""
import bisect
import collections
import pathlib
import re
import sys

TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)+\'|[A-Za-z_]\w*|\d(?:[\w.]|\'(?=\w)|[eEpP][+-])*|::|->|\[\[|\]\]|&&|\S')
CLOSING = {"{": "}", "(": ")", "[": "]", "[[": "]]"}
SPECIFIERS = {"static", "constexpr", "inline", "const", "extern", "thread_local", "consteval", "constinit"}
TYPES = {"struct", "class", "enum", "union"}
BUILTIN = {"int", "char", "bool", "double", "float", "long", "short", "unsigned", "signed", "void", "auto", "const"}

# kind: type, function, variable, alias, macro. detail: of functions the parameters' types, of aliases and macros the meaning.
# own: no other file is to know of it.
Name = collections.namedtuple("Name", "space name kind detail line own", defaults=(True,))


def blank(match):
    """A comment's or directive's line breaks."""
    return "\n" * match.group().count("\n") + " "


def tokens_of(text):
    """(token, line) without comments and directives; of literals only that they are there."""
    text = re.sub(r'R"([^()\\ ]{0,16})\(.*?\)\1"', lambda m: '""' + blank(m), text, flags=re.S)
    text = re.sub(r'("(?:[^"\\\n]|\\.)*")|//[^\n]*|/\*.*?\*/', lambda m: m.group(1) or blank(m), text, flags=re.S)
    macros = [Name("", m.group(1), "macro", m.group(2).strip(), text.count("\n", 0, m.start()) + 1)
              for m in re.finditer(r"^[ \t]*#[ \t]*define[ \t]+(\w+)((?:\\\n|[^\n])*)", text, re.M)]
    undefined = set(re.findall(r"^[ \t]*#[ \t]*undef[ \t]+(\w+)", text, re.M))
    text = re.sub(r"^[ \t]*#(?:\\\n|[^\n])*", blank, text, flags=re.M)
    breaks = [m.start() for m in re.finditer("\n", text)]
    tokens = [(m.group(), bisect.bisect(breaks, m.start()) + 1) for m in TOKEN.finditer(text)]
    return tokens, [macro for macro in macros if macro.name not in undefined]


def group_end(tokens, start):
    """Behind the bracket that closes the one at `start`."""
    depth, opening = 0, tokens[start]
    for at in range(start, len(tokens)):
        depth += (tokens[at] == opening) - (tokens[at] == CLOSING[opening])
        if depth == 0:
            return at + 1
    return len(tokens)


def angle_end(tokens, start):
    depth = 0
    for at in range(start, len(tokens)):
        depth += (tokens[at] == "<") - (tokens[at] == ">")
        if depth == 0:
            return at + 1
    return len(tokens)


def statement_end(tokens, start):
    """Behind a declaration: its `;`, or the body of a function or `}` of a namespace's opening line."""
    at, assigned = start, False
    while at < len(tokens):
        token = tokens[at]
        if token == ";":
            return at + 1
        assigned |= token == "="
        if token == "{":
            body = group_end(tokens, at)
            head = tokens[start:at]
            is_type = not assigned and any(word in TYPES for word in head) and "(" not in head
            if assigned or is_type or not (")" in head) or tokens[body:body + 1] in ([";"], [","], ["{"]):
                at = body
                continue
            return body
        at = group_end(tokens, at) if token in CLOSING else at + 1
    return at


def plain(head):
    """A declaration's head without templates' lists and attributes."""
    out, at = [], 0
    while at < len(head):
        if head[at] == "template" and head[at + 1:at + 2] == ["<"]:
            at = angle_end(head, at + 1)
        elif head[at] == "[[":
            at = group_end(head, at)
        else:
            out.append(head[at])
            at += 1
    return out


def split_parameters(tokens):
    part, depth = [], 0
    for token in tokens:
        depth += (token in "([{<") - (token in ")]}>")
        if token == "," and depth == 0:
            yield part
            part = []
        else:
            part.append(token)
    if part:
        yield part


def type_of(parameter, aliases):
    """Of a parameter, without its name and default; as words that can be compared."""
    if "=" in parameter:
        parameter = parameter[:parameter.index("=")]
    words = " ".join(parameter).replace("std :: ", "").split()
    if len(words) > 1 and re.match(r"[A-Za-z_]", words[-1]) and words[-1] not in BUILTIN and words[-2] != "::" \
            and any(re.match(r"[A-Za-z_]", word) and word != "const" for word in words[:-1]):
        words.pop()
    if words and words[0] == "const" and not {"&", "*", "&&"} & set(words):
        words = words[1:]
    return " ".join(aliases.get(word, word) for word in words).replace(" :: ", "::")


def same_type(a, b):
    """Whether two spellings may be of one type: some part of its namespaces may be left out."""
    words = re.compile(r"[\w:]+|\S")
    a, b = words.findall(a), words.findall(b)
    return len(a) == len(b) and all(x == y or x.endswith("::" + y) or y.endswith("::" + x) for x, y in zip(a, b))


def declared(head, full, line, space, aliases):
    """The name that a declaration gives, if it is one that matters."""
    head = plain(head)
    words = [word for word in head if word not in SPECIFIERS]
    if not words or words[0] in ("static_assert", "asm", "friend", "template"):
        return None
    if words[0] == "using":
        if words[2:3] == ["="]:
            return Name(space, words[1], "alias", "".join(words[3:]), line)
        return Name(space, words[-1], "alias", "".join(words[1:]), line) if words[1:2] != ["namespace"] else None
    if words[0] == "namespace" and "=" in words:
        return Name(space, words[1], "alias", "".join(words[3:]), line)
    if words[0] in TYPES and "{" in full and "(" not in head and "=" not in head:
        names = [word for word in words[1:] if word not in ("class", "struct", "final")]
        return Name(space, names[0], "type", "", line) if names and re.match(r"[A-Za-z_]", names[0]) else None
    if words[0] in TYPES and len(words) == 2:  # declared, not defined
        return None
    stop = next((at for at, word in enumerate(head) if word in ("=", "(", "{")), len(head))
    if stop < len(head) and head[stop] == "(" and stop > 0 and "operator" not in head:
        name, before = head[stop - 1], head[:stop - 1]
        inside = head[stop + 1:group_end(head, stop) - 1]
        if before and before[-1] == "::" or not before or not re.match(r"[A-Za-z_]", name):
            return None  # a member defined outside of its class, or a macro
        if inside[:1] == ["{"]:  # a variable
            return Name(space, name, "variable", "", line)
        types = tuple(type_of(part, aliases) for part in split_parameters(inside))
        return Name(space, name, "function", types, line)
    if "operator" in head:
        return None
    while stop > 0 and head[stop - 1] == "]":
        stop = max(at for at in range(stop) if head[at] == "[")
    if stop < 2 or not re.match(r"[A-Za-z_]", head[stop - 1]) or head[stop - 2] == "::":
        return None
    return Name(space, head[stop - 1], "variable", "", line)


def names_of(text):
    """What a source or header has at the level of namespaces."""
    located, names = tokens_of(text.replace("#pragma once", ""))
    tokens, lines = [token for token, _ in located], [line for _, line in located]
    aliases = {}
    for at in range(len(tokens) - 3):
        if tokens[at] == "namespace" and tokens[at + 2] == "=":
            aliases[tokens[at + 1]] = "::".join(t for t in tokens[at + 3:tokens.index(";", at)] if t not in ("std", "::"))
    spaces, at = [], 0
    while at < len(tokens):
        if tokens[at] == "}":
            spaces.pop()
            at += 1
            continue
        opening = at
        while tokens[opening:opening + 1] == ["inline"]:
            opening += 1
        if tokens[opening] == "namespace" and "{" in tokens[opening:opening + 9] and "=" not in tokens[opening:opening + 3]:
            brace = tokens.index("{", opening)
            spaces.append("".join(tokens[opening + 1:brace]) or None)
            at = brace + 1
            continue
        if tokens[at:at + 1] == ["extern"] and tokens[at + 1].startswith('"') and tokens[at + 2] == "{":
            at = group_end(tokens, at + 2)
            continue
        end = statement_end(tokens, at)
        full = tokens[at:end]
        body = 0
        while body < len(full) and full[body] != "{":
            body = group_end(full, body) if full[body] in CLOSING else body + 1
        head = full[:body] if "(" in full[:body] or full[0] in TYPES or "enum" in full[:2] else full
        head = head[:-1] if head[-1:] == [";"] else head
        start = at + (angle_end(full, 1) if full[:2] == ["template", "<"] else 0)
        found = declared(head, full, lines[min(start, end - 1)], "::".join(s for s in spaces if s), aliases)
        if found:
            constant = found.kind == "variable" and not {"const", "constexpr"}.isdisjoint(head)
            own = None in spaces or found.kind == "alias" or "static" in head
            if not own and constant and {"extern", "inline"}.isdisjoint(head):
                own = None  # unless a header says that others may know of it
            names.append(found._replace(own=own))
        at = max(end, at + 1)
    return names


def clash(one, other):
    if one.kind == other.kind == "function":
        return len(one.detail) == len(other.detail) and all(map(same_type, one.detail, other.detail))
    if one.kind == other.kind and one.kind in ("alias", "macro"):
        return not same_type(one.detail, other.detail)
    return one.kind != "macro" and other.kind != "macro" or one.kind == other.kind


def clashes(sources):
    """Of {path: text}, the files of one module."""
    by_name = collections.defaultdict(list)
    for path, text in sources.items():
        for name in names_of(text):
            by_name[name.space, name.name].append((path, name))
    for found in by_name.values():
        shared = any(name.kind == "variable" and name.own is False for _, name in found)
        found = [(path, name._replace(own=not shared if name.own is None else name.own)) for path, name in found]
        for at, (path, name) in enumerate(found):
            for before, other in found[:at]:
                if before != path and (name.own or other.own) and clash(name, other):
                    yield f"{path}:{name.line}: {name.kind} '{name.name}' clashes with {other.kind} of {before}:{other.line}"
                    break


def modules(source):
    """The folders whose .cpp files are compiled as one program or library."""
    text = re.sub(r"#.*", "", (source / "CMakeLists.txt").read_text())
    named = [source / name for name in re.findall(r"sf_module\(\s*([\w/]+)", text)]
    others = {path.parent for path in source.rglob("*.cpp")} - set(named)
    return named, sorted(others)


def check_itself():
    def count(*texts):
        return len(list(clashes({f"{number}.cpp": text for number, text in enumerate(texts)})))

    def inside(text):
        return "namespace sf {\nnamespace {\n" + text + "\n} // namespace\n} // namespace sf\n"

    different = ["void f(int a) { g(\"}\"); }", "void f(const std::string& a) {}", "void f(int a, int b = 2) {}", "int g = f(1);",
                 "struct A { int f; };", "void A::f(int) {}", "void h(int);", "using B = int;", "using util::B2;", "using namespace x;", "R\"(x\n{)\"_s;",
                 "template <typename T> void f(T* t) { }"]
    assert count(*map(inside, different)) == 0, list(clashes(dict(enumerate(map(inside, different)))))
    for one, other in [("void f(int a) {}", "int f(const int) { return 1; }"), ("struct A {};", "class A final : B { };"),
                       ("constexpr int a = 1;", "const char* const a[] = {\"x\"};"), ("using A = int;", "using A = long;"), ("using a::A;", "using A = b::A;"),
                       ("bool f(const fs::path& p) { }", "bool f(const std::filesystem::path& /*p*/)\n{ }"),
                       ("std::vector<int> f(util::Digest d) { }", "void f(Digest other) { }"), ("enum class A { b };", "struct A;  void A() {}"),
                       ("constexpr std::array<int, 2> a = {1, 2};", "std::atomic<int> a{0};"), ("const R r({.a = 1});", "const R r({.a = 2});")]:
        alias = "namespace fs = std::filesystem;\n"
        assert count(alias + inside(one), inside(other)) == 1, (one, other)
    assert count(inside("void f() {}"), "namespace sf { static void f() { } }") == 1
    assert count(inside("void f() {}"), "namespace sf::other { namespace { void f() { } } }") == 0
    assert count(inside("void f() {}"), "namespace sf { void f(); int x; }") == 1
    assert count(inside("void f() {}"), "namespace sf { void f(int x); class f; int x; }") == 0
    assert count("namespace sf { const int a = 1; }", "namespace sf { const int a = 2; }") == 1
    assert count("namespace sf { const int a = 1; }", "namespace sf { extern const int a; }") == 0
    assert count("namespace sf { void f() {} int a; struct A {}; }", "namespace sf { void f(); extern int a; struct A {}; }") == 0
    assert count("#define A 1\n", "#define A 2\n") == 1
    assert count("#define A 1\n", "#define A 1\n") + count("#define A 1\n#undef A\n", "#define A 2\n") == 0


def main():
    check_itself()
    source = pathlib.Path(sys.argv[1]) / "src"
    named, others = modules(source)
    tests = source.parent / "tests"
    others += sorted({path.parent for tier in ("unit", "functional") for path in (tests / tier).rglob("*.cpp")})
    found, files = [], 0
    for folder in named + others:
        paths = sorted(folder.glob("*.[ch]pp"))
        files += len(paths)
        found.extend(clashes({path: path.read_text() for path in paths}))
    print("\n".join(map(str, found)) if found else f"{files} sources and headers of {len(named) + len(others)} folders can be compiled together")
    return 1 if found or len(named) < 2 or files < 100 else 0


if __name__ == "__main__":
    sys.exit(main())
