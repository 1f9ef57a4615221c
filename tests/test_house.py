"""The rules of the house, kept by tests rather than by memory."""

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from collections import Counter
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from patterson_gui.bridges.assemble_plugins import PLUGINS, plugin_texts

ROOT = Path(__file__).resolve().parents[1]
BELOW_THE_WINDOW = ("crystal", "io", "solvers", "nets", "bridges", "app", "api")


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program of this Python environment in the checkout."""
    # A coverage or test worker of ours is none of its business.
    own = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "COV_"))}
    return subprocess.run(
        command, cwd=ROOT, env=own | environment, capture_output=True, text=True, check=False
    )


def assert_succeeds(*command: str, **environment: str) -> str:
    done = run(*command, **environment)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def tool(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def tracked_files() -> list[Path]:
    listed = run("git", "ls-files", "-z")
    if listed.returncode != 0:
        pytest.skip("this is not a git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name]


def test_each_floor_imports_only_those_below() -> None:
    assert_succeeds(tool("lint-imports"))


def test_the_linter_has_nothing_to_say() -> None:
    assert_succeeds(tool("ruff"), "check", ".")


@pytest.mark.timeout(300)
def test_types_fit() -> None:
    assert_succeeds(tool("mypy"))


def test_the_floors_below_the_window_are_tested_as_if_qt_were_not_installed() -> None:
    asked = run("make", "--dry-run", "test").stdout
    (below,) = [line for line in asked.splitlines() if "PATTERSON_GUI_TESTS=without-qt" in line]
    assert set(re.findall(r"tests/(\w+)", below)) == {*BELOW_THE_WINDOW, "plugins"}
    missing = "import tests.conftest, PyQt6.QtCore"
    done = run(sys.executable, "-c", missing, PATTERSON_GUI_TESTS="without-qt")
    assert "ModuleNotFoundError" in done.stderr


def test_the_window_comes_up_without_waiting_for_torch() -> None:
    code = (
        "import sys, patterson_gui.cli, patterson_gui.gui.window.main_window; print(*sys.modules)"
    )
    modules = assert_succeeds(sys.executable, "-c", code).split()
    assert "PyQt6.QtWidgets" in modules
    assert "torch" not in modules


def test_every_dependency_is_pinned_within_its_range() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = dict(
        line.split("==") for line in lines if line.strip() and not line.lstrip().startswith("#")
    )
    pinned = {canonicalize_name(name): version for name, version in pins.items()}
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    for requirement in map(Requirement, wanted):
        version = pinned[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version), f"{requirement} and {version}"


def test_the_checkout_stays_small() -> None:
    total = sum(path.stat().st_size for path in tracked_files() if path.is_file())
    assert total < 38e6


def test_no_file_names_a_folder_of_the_machine_it_was_written_on() -> None:
    here = [place for place in (ROOT.parent, Path.home()) if len(place.parts) > 1]
    places = re.compile("|".join(re.escape(f"{place}/") for place in here).encode())
    named = [
        path.relative_to(ROOT)
        for path in tracked_files()
        if path.is_file() and places.search(path.read_bytes())
    ]
    assert named == []


def test_the_wheel_carries_everything_the_program_needs(tmp_path: Path) -> None:
    build = ("-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path))
    assert_succeeds(sys.executable, *build)
    (wheel,) = tmp_path.glob("*.whl")
    unpacked = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(unpacked)
    carried = {path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*")}
    for path in tracked_files():
        name = path.relative_to(ROOT)
        if name.parts[0] == "resources":
            assert f"patterson_gui/{name.as_posix()}" in carried
        elif name.parts[0] == "patterson_gui":
            assert name.as_posix() in carried
    assert not {name for name in carried if name.startswith(("tests/", "docs/"))}
    plugins = unpacked / "patterson_gui" / "plugins"
    assert {path.name for path in plugins.iterdir()} == set(PLUGINS)
    for plugin in PLUGINS:
        complete = plugin_texts(ROOT / "plugins", plugin)
        carried_texts = {
            path.relative_to(plugins / plugin).as_posix(): path.read_text(encoding="utf-8")
            for path in (plugins / plugin).rglob("*")
            if path.is_file()
        }
        assert carried_texts == complete
    assert any(name.endswith("dist-info/licenses/LICENSE") for name in carried)
    code = "from patterson_gui.io.resources import example_path; print(example_path())"
    found = assert_succeeds(sys.executable, "-P", "-c", code, PYTHONPATH=str(unpacked))
    assert Path(found.strip()).is_relative_to(unpacked)
    assert Path(found.strip()).is_file()


def test_the_benchmarks_can_be_loaded() -> None:
    assert_succeeds(sys.executable, "tests/benchmarks", "--help")


def test_every_module_named_in_the_architecture_exists() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:\w+/)*\w+\.py)(?:: (\w+))?", text)
    assert named
    for path, name in named:
        beside = path.startswith(("tests/", "plugins/"))
        module = ROOT / path if beside else ROOT / "patterson_gui" / path
        assert module.is_file(), path
        if name:
            assert re.search(rf"\b(def|class) {name}\b", module.read_text(encoding="utf-8"))


def test_the_architecture_names_every_folder_and_no_other() -> None:
    """The tree of the page: a line for each package, and below it, further in, its folders."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    tree = re.search(r"```\npatterson_gui/\n(.*?)```", text, re.DOTALL)
    assert tree is not None
    named: set[tuple[str, str]] = set()
    package = ""
    for line in tree[1].splitlines():
        first, rest = re.fullmatch(r"(?:  (\w+)/ )?(.*)", line).groups()
        if first or not line.startswith("   "):
            package = first
        if package:
            named |= {(package, name) for name in re.findall(r"(\w+)/", rest)}
    folders = {
        module.parent.relative_to(ROOT / "patterson_gui").parts
        for module in (ROOT / "patterson_gui").rglob("*.py")
    }
    assert {(parts[0], parts[-1]) for parts in folders if len(parts) > 1} == named


@pytest.mark.parametrize("path", sorted(ROOT.glob("locks/*/*.txt")), ids=lambda path: path.name)
def test_locked_versions_are_those_of_the_constraints(path: Path) -> None:
    """`make lock` writes them anew; each has the hash of a file."""
    pins = re.findall(r"^(\S+)==(\S+)$", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    known = {canonicalize_name(name): version for name, version in pins}
    text = path.read_text()
    locked = re.findall(r"^(\S+)==(\S+) \\\n    --hash=sha256:[0-9a-f]{64}$", text, re.MULTILINE)
    assert len(locked) == text.count("==") > 50
    assert {canonicalize_name(name): version for name, version in locked}.items() <= known.items()


def test_a_folder_holds_at_most_sixteen_modules() -> None:
    """More are two subjects: put one of them into a folder."""
    modules = Counter(
        path.parent.relative_to(ROOT).as_posix()
        for folder in ("patterson_gui", "tests", "plugins")
        for path in (ROOT / folder).rglob("*.py")
        if path.name != "__init__.py"
    )
    assert {folder: count for folder, count in modules.items() if count > 16} == {}


def test_only_ages_of_files_are_measured_with_the_clock_of_the_wall() -> None:
    """It can be set back or forth; intervals, limits and progress need a monotonic clock."""
    users = {
        path.name
        for path in sorted((ROOT / "patterson_gui").rglob("*.py"))
        if re.search(r"\btime\.time\(|from time import .*\btime\b", path.read_text("utf-8"))
    }
    assert users == {"temporary_files.py"}
