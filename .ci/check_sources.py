"""Check the lengths of files and functions, the imports of Go packages, and silenced warnings.

Lengths of code, docstrings not counted: a Go or Python function longer than its limit hides
more than one idea. A Go function that is one flat switch may be longer. Tests are tables, so only
their files have a limit.

Imports: the pure packages decide without the outside world, so that they can be tested by value.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

MODULE = "github.com/polars-io-tools/polars-io-tools-go/"
FOLDERS = ("gocore", "capi", "python", "tests", "examples", "benchmarks", ".ci")
FILE_LIMITS = {".go": 400, ".py": 300, ".c": 300, ".h": 300}
TEST_FILE_LIMIT = 800
FUNCTION_LIMITS = {".go": 60, ".py": 50, ".c": 60}
FLAT_SWITCH_LIMIT = 90

PURE = (
    "axes",
    "bounds",
    "calendar",
    "coverage",
    "cuts",
    "deltastats",
    "expr",
    "interval",
    "keyrange",
    "partition",
    "payload",
    "plan",
    "planning",
    "saturate",
    "splittable",
    "sqlpush",
    "strictjson",
    "tablewire",
)
# Standard packages that reach outside the process, or around the type system.
IMPURE = ("C", "log", "net", "os", "plugin", "runtime", "syscall", "unsafe")
UNSAFE_PACKAGES = ("arrowc", "keyarrow", "pack")

GO_IMPORT = re.compile(r'^(?:import\s+|\t)(?:[\w.]+\s+)?"([^"]+)"$')
SILENCED = re.compile(
    r"#\s*(?P<what>noqa|type:\s*ignore)"
    r"(?P<code>:\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*|\[[\w, -]+\])?(?P<reason>.*)"
)


def main() -> int:
    """Print what breaks a rule; the exit status says whether anything does."""
    complaints = [complaint for path in sources() for complaint in check(path)]
    for complaint in complaints:
        print(complaint)
    return 1 if complaints else 0


def sources() -> list[Path]:
    """Return the source files of the project."""
    files = [path for folder in FOLDERS for path in Path(folder).rglob("*") if path.is_file()]
    return sorted([*files, *Path().glob("*.py")])


def check(path: Path) -> Iterator[str]:
    """Yield the complaints about one file."""
    if path.suffix not in FILE_LIMITS:
        return
    lines = path.read_text(encoding="utf-8").splitlines()
    test = is_test(path)
    limit = TEST_FILE_LIMIT if test else FILE_LIMITS[path.suffix]
    if len(lines) > limit:
        yield f"{path}: {len(lines)} lines, at most {limit}"
    if not test:
        for name, start, length, most in functions(path.suffix, lines):
            if length > most:
                yield f"{path}:{start}: {name} has {length} lines, at most {most}"
    if path.suffix == ".go" and path.parts[0] == "gocore":
        yield from check_imports(path, lines)
    if path.suffix == ".py":
        yield from check_silenced(path, lines)


def is_test(path: Path) -> bool:
    """Tell whether a file is a test or made for tests only."""
    return path.parts[0] == "tests" or path.name.endswith("_test.go") or "testdata" in path.parts


def functions(suffix: str, lines: list[str]) -> Iterator[tuple[str, int, int, int]]:
    """Yield name, first line, length and limit of each function."""
    limit = FUNCTION_LIMITS.get(suffix, 0)
    if suffix == ".py":
        yield from ((*found, limit) for found in python_functions("\n".join(lines)))
    elif suffix == ".go":
        for name, start, body in blocks(lines, re.compile(r"func (?:\([^)]*\) )?(\w+)")):
            most = FLAT_SWITCH_LIMIT if is_flat_switch(body) else limit
            yield name, start, len(body), most
    elif suffix == ".c":
        for name, start, body in blocks(lines, re.compile(r"[a-z].*?(\w+)\(.*\{$")):
            yield name, start, len(body), limit


def python_functions(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield name, first line and length of each Python function, its docstring not counted."""
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        length = (node.end_lineno or node.lineno) - node.lineno + 1
        first = node.body[0]
        if ast.get_docstring(node) is not None:
            length -= (first.end_lineno or first.lineno) - first.lineno + 1
        yield node.name, node.lineno, length


def blocks(lines: list[str], head: re.Pattern[str]) -> Iterator[tuple[str, int, list[str]]]:
    """Yield name, first line and lines of each top-level block, which ends at a lone brace."""
    start, name = 0, ""
    for number, line in enumerate(lines, 1):
        if not start and (match := head.match(line)) and not line.endswith("}"):
            start, name = number, match[1]
        elif start and line == "}":
            yield name, start, lines[start - 1 : number]
            start = 0


def is_flat_switch(body: list[str]) -> bool:
    """Tell whether a Go function is one switch, with at most a return after it."""
    outer = [line.strip() for line in body[1:-1] if re.match(r"\t\S", line)]
    rest = [
        line for line in outer if not line.startswith(("switch ", "case ", "default:", "//", "}"))
    ]
    switches = sum(line.startswith("switch ") for line in outer)
    return switches == 1 and len(rest) <= 1 and all(line.startswith("return") for line in rest)


def check_imports(path: Path, lines: list[str]) -> Iterator[str]:
    """Yield the imports that a package of gocore may not have."""
    package = path.parts[1]
    for number, line in enumerate(lines, 1):
        match = GO_IMPORT.match(line)
        if match and (reason := forbidden(package, match[1], test=is_test(path))):
            yield f'{path}:{number}: package {package} imports "{match[1]}": {reason}'


def forbidden(package: str, imported: str, *, test: bool) -> str:
    """Say why a package of gocore may not import another, or nothing if it may."""
    if imported == "C":
        return "cgo belongs in capi"
    if imported == "unsafe" and package not in UNSAFE_PACKAGES:
        return f"unsafe belongs in {', '.join(UNSAFE_PACKAGES)}"
    if package not in PURE or test:
        return ""
    top = imported.partition("/")[0]
    if top in IMPURE:
        return "a pure package knows nothing of the machine"
    if imported.startswith(MODULE):
        inner = imported.removeprefix(MODULE).split("/")
        return "" if inner[0] == "gocore" and inner[1] in PURE else "a pure package uses pure ones"
    return "a pure package uses the standard library only" if "." in top else ""


def check_silenced(path: Path, lines: list[str]) -> Iterator[str]:
    """Yield the silenced warnings that lack a code or a reason."""
    for number, line in enumerate(lines, 1):
        match = SILENCED.search(line)
        if match and not (match["code"] and re.search(r"\w{2}", match["reason"])):
            yield f"{path}:{number}: {match['what']} without a code or without a reason after it"


if __name__ == "__main__":
    sys.exit(main())
