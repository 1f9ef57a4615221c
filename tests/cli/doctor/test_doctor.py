"""`doctor` finds what is missing or damaged, and says how to fix it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from patterson_gui.bridges import loaded_plugins
from patterson_gui.cli.doctor import examine as examination
from patterson_gui.cli.doctor import folders, gpu, libraries, machine, networks, packages, programs
from patterson_gui.cli.doctor.finding import Finding
from patterson_gui.io.resources import resources_folder
from patterson_gui.io.viewers.scene import Viewer

Call = Callable[..., Any]
MENDED = Finding("Disk", "it is full.", "Free some space.")


def problems(findings: object) -> list[Finding]:
    assert isinstance(findings, list)
    return [finding for finding in findings if not finding.ok]


@pytest.fixture
def own_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "models"
    folder.mkdir()
    monkeypatch.setenv("PATTERSON_GUI_MODELS", str(folder))
    for ending in ("safetensors", "json"):
        shutil.copy(resources_folder() / "models" / f"peptides.{ending}", folder)
    return folder


def test_exits_with_0_where_all_is_well(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    well = Finding("Disk", "there is room.")
    monkeypatch.setattr(examination, "PARTS", {"Disk": lambda: [well]})
    answer = call("doctor")
    assert answer.code == 0
    assert answer.out == "ok      Disk: there is room.\n\nAll is well.\n"


def test_exits_with_1_and_says_how_to_mend_a_problem(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examination, "PARTS", {"Disk": lambda: [MENDED]})
    answer = call("doctor")
    assert answer.code == 1
    assert "problem Disk: it is full.\n        Free some space.\n" in answer.out
    assert "1 problem found" in answer.out
    answer = call("doctor", "--json")
    assert answer.code == 1
    assert json.loads(answer.out) == {
        "ok": False,
        "findings": [
            {
                "ok": False,
                "subject": "Disk",
                "found": "it is full.",
                "fix": "Free some space.",
                "optional": False,
            }
        ],
    }


def test_a_part_that_fails_is_a_problem_and_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> list[Finding]:
        raise ImportError("libtorch is damaged")

    monkeypatch.setattr(examination, "PARTS", {"GPU": fail, "Disk": lambda: [MENDED]})
    first, second = examination.examine()
    assert "libtorch is damaged" in first.found
    assert not first.ok
    assert second is MENDED


def test_every_part_examines_this_computer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    findings = examination.examine()
    assert not any("could not be examined" in finding.found for finding in findings)
    subjects = {finding.subject for finding in findings}
    assert {"Packages", "System libraries", "OpenGL", "GPU", "Memory", "Networks"} <= subjects
    assert {"Working folder", "ChimeraX", "Coot", "PyMOL"} <= subjects


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="libraries of Linux")
def test_names_a_missing_library_and_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = ("libxcb-none.so.9", "libxcb-none9", "xcb-util-none")
    monkeypatch.setattr(libraries, "LIBRARIES", (*libraries.LIBRARIES[:2], entry))
    monkeypatch.setattr(shutil, "which", lambda name: "/x" if name == "dnf" else None)
    (finding,) = libraries.libraries()
    assert "libxcb-none.so.9" in finding.found
    assert finding.fix == "Install them with 'sudo dnf install xcb-util-none'."


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="libraries of Linux")
def test_knows_every_library_that_qt_needs_for_x11() -> None:
    qt = pytest.importorskip("PyQt6", reason="needs Qt's files").__path__[0]
    if shutil.which("objdump") is None:
        pytest.skip("needs objdump to list what Qt's files load")
    needed: set[str] = set()
    for file in ("plugins/platforms/libqxcb.so", "lib/libQt6XcbQpa.so.6", "lib/libQt6Gui.so.6"):
        command = ["objdump", "-p", f"{qt}/Qt6/{file}"]
        listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        needed |= {line.split()[1] for line in listed.splitlines() if "NEEDED" in line}
    of_every_system = ("libQt6", "libicu", "ld-", "libc.", "libm.", "libgcc", "libstdc", "libz")
    x11 = {name for name in needed if not name.startswith(of_every_system)}
    assert x11 - {"libgthread-2.0.so.0"} <= {name for name, _, _ in libraries.LIBRARIES}


def test_finds_damaged_weights(own_models: Path) -> None:
    assert problems(list(networks.networks())) == []
    weights = own_models / "peptides.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    (finding,) = problems(list(networks.networks()))
    assert "its hash differs" in finding.found
    assert str(own_models) in finding.fix


@pytest.mark.parametrize(
    ("deleted", "words"),
    [("peptides.json", "no card"), ("peptides.safetensors", "of a card are missing")],
)
def test_finds_half_of_a_network(own_models: Path, deleted: str, words: str) -> None:
    (own_models / deleted).unlink()
    (finding,) = problems(list(networks.networks()))
    assert words in finding.found


def test_finds_a_damaged_card(own_models: Path) -> None:
    (own_models / "peptides.json").write_text("{")
    (finding,) = problems(list(networks.networks()))
    assert "peptides.json is damaged" in finding.found


def test_finds_a_missing_network_of_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "models").mkdir()
    monkeypatch.setattr(networks, "resources_folder", lambda: tmp_path)
    monkeypatch.setattr(networks, "models_folders", lambda: [tmp_path / "models"])
    found = problems(list(networks.networks()))
    assert len(found) == len(networks.SHIPPED)
    assert all("Install the program again" in finding.fix for finding in found)


def test_names_all_networks_that_come_with_the_program() -> None:
    files = (resources_folder() / "models").glob("*.safetensors")
    assert {path.stem for path in files} == set(networks.SHIPPED)


@pytest.mark.skipif(sys.platform == "win32", reason="rights of POSIX")
def test_finds_a_folder_that_is_read_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    locked = tmp_path / "locked"
    locked.mkdir()
    monkeypatch.setenv("PATTERSON_GUI_CONFIG", str(locked / "settings"))
    if os.geteuid() == 0:  # root may write anywhere: a folder of the kernel refuses root too
        monkeypatch.setenv("PATTERSON_GUI_CONFIG", "/proc/patterson_gui")
    found = locked
    locked.chmod(0o500)
    try:
        findings = [f for f in folders.folders() if f.subject == "Folder of settings"]
    finally:
        found.chmod(0o700)
    (finding,) = problems(findings)
    assert "cannot be written to" in finding.found
    assert "right to write" in finding.fix


def test_finds_a_file_in_place_of_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PATTERSON_GUI_CONFIG", str(tmp_path / "file" / "settings"))
    found = [f for f in folders.folders() if f.subject == "Folder of settings"]
    assert "is a file" in problems(found)[0].found


def test_makes_no_folder(own_settings: Path) -> None:
    assert len(list(folders.folders())) == 6
    assert not own_settings.exists()


def test_finds_a_disk_that_is_nearly_full(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage("/")._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    assert len(problems(list(folders.folders()))) == 6


def test_finds_too_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_available_memory", lambda: 10**8)
    assert "0.1 GiB" in problems(list(machine.memory()))[0].found


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("not available (the display offers no OpenGL)", "no OpenGL"),
        ("Old card, 1.4 Mesa", "older than 2.1"),
        ("", "could not use the display (qt.qpa.xcb: no)"),
        ("llvmpipe (LLVM 15.0.6, 256 bits), 4.5 (Compatibility Profile) Mesa 22.3.6", None),
        ("Apple M2, 2.1 Metal - 88", None),
    ],
)
def test_judges_the_answer_about_opengl(
    monkeypatch: pytest.MonkeyPatch, answer: str, words: str | None
) -> None:
    done = subprocess.CompletedProcess([], 0 if answer else -6, answer, "qt.qpa.xcb: no")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: done)
    (finding,) = machine.opengl()
    assert finding.ok == (words is None)
    assert (words or answer) in finding.found


@pytest.mark.parametrize(
    ("requirement", "words"),
    [
        ("numpy>=999", "numpy"),
        ("no-such-package>=1", "no-such-package is missing"),
        ("numpy>=1.0", None),
        ("no-such-package; extra == 'dev'", None),
        ("no-such-package; sys_platform == 'none'", None),
    ],
)
def test_compares_versions_with_those_required(
    monkeypatch: pytest.MonkeyPatch, requirement: str, words: str | None
) -> None:
    monkeypatch.setattr(packages, "requires", lambda name: [requirement])
    found = problems(list(packages.packages()))
    assert len(found) == (words is not None)
    assert all((words or "") in finding.found for finding in found)


def a_program(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.mark.skipif(sys.platform == "win32", reason="a script of the shell")
@pytest.mark.parametrize(
    ("prints", "loaded", "ok"),
    [
        ("echo patterson_gui is found", "PyMOL loads it", True),
        ("echo patterson_gui is not found", "does not load it", False),
        ("exit 1", "is seen only while", True),
    ],
)
def test_asks_pymol_whether_it_loads_the_plugin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: Call,
    prints: str, loaded: str, ok: bool,
) -> None:  # fmt: skip
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PYMOL", str(a_program(tmp_path / "pymol", prints)))
    assert "can do without" in programs._finding(Viewer.PYMOL).found
    call("plugins", "install", "pymol")
    finding = programs._finding(Viewer.PYMOL)
    assert loaded in finding.found
    assert finding.ok is ok


def test_a_coot_that_announces_itself_and_does_not_answer_is_not_loaded() -> None:
    assert loaded_plugins.is_loaded(Viewer.COOT, ["coot"]) is None


def test_names_a_program_of_the_settings_that_is_gone(own_settings: Path) -> None:
    own_settings.mkdir(parents=True)
    content = {"viewers": {"coot": {"program": "/nowhere/coot"}}}
    (own_settings / "settings.json").write_text(json.dumps(content))
    assert "/nowhere/coot" in programs._finding(Viewer.COOT).found
    assert not programs._finding(Viewer.COOT).ok


def test_a_computer_without_a_display_has_no_fault(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server runs the commands and wants no window: that is told, and the exit code is 0."""
    answer = subprocess.CompletedProcess([], 0, "not available (no display)", "")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: answer)
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(libraries.sys, "platform", "linux")
    monkeypatch.setattr(libraries, "_can_be_loaded", lambda _: False)
    parts = {"OpenGL": machine.opengl, "System libraries": libraries.libraries}
    monkeypatch.setattr(examination, "PARTS", parts)
    done = call("doctor")
    assert done.code == 0
    assert "note    OpenGL: there is no display" in done.out
    assert "note    System libraries: Qt cannot open a window" in done.out
    monkeypatch.setenv("DISPLAY", ":7")  # a window can be wanted
    assert call("doctor").code == 1


class _Cuda:
    """What torch.cuda says of a GPU."""

    def __init__(self, broken: bool = False) -> None:
        self.broken = broken

    def is_available(self) -> bool:
        return True

    def get_device_name(self) -> str:
        return "H200"

    def mem_get_info(self) -> tuple[int, int]:
        if self.broken:
            raise RuntimeError("CUDA error: device lost\nCompile with …")
        return 70 * 1024**3, 140 * 1024**3


@pytest.mark.parametrize(
    ("broken", "factor", "said", "ok"),
    [
        (False, 1.0, "H200, 70.0 of 140.0 GiB free.", True),
        (False, 1.01, "H200 computes wrong Fourier transforms.", False),
        (True, 1.0, "H200 does not compute (CUDA error: device lost).", False),
    ],
)
def test_examines_a_gpu(
    monkeypatch: pytest.MonkeyPatch, broken: bool, factor: float, said: str, ok: bool
) -> None:
    monkeypatch.setattr(gpu.torch, "cuda", _Cuda(broken))
    monkeypatch.setattr(gpu.torch.Tensor, "cuda", lambda self: self * factor)
    (finding,) = gpu.gpu()
    assert (finding.found, finding.ok) == (said, ok)


@pytest.mark.parametrize(
    ("driver", "cuda", "said"),
    [
        (True, None, "is a build without CUDA"),
        (True, "13.0", "torch finds no GPU"),
        (False, None, "the processor computes"),
    ],
)
def test_says_why_torch_has_no_gpu(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, driver: bool, cuda: str | None, said: str
) -> None:
    monkeypatch.setattr(gpu.torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(gpu.torch.version, "cuda", cuda)
    monkeypatch.setattr(gpu, "NVIDIA_DRIVER", tmp_path if driver else tmp_path / "none")
    (finding,) = gpu.gpu()
    assert said in finding.found
    assert finding.ok is not driver
