import os
import socket
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from patterson_gui.bridges import chimerax_program
from patterson_gui.bridges.bridge import TAG
from patterson_gui.bridges.chimerax import ChimeraX
from patterson_gui.errors import UserError
from patterson_gui.io.viewer_scene import ViewerItem, ViewerOptions, ViewerScene
from tests.bridges.chimerax_standin import VERSIONS, StandIn, started
from tests.bridges.conftest import make_items


@pytest.fixture(autouse=True)
def no_real_chimerax(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests find only the programs they installed themselves."""
    monkeypatch.delenv("CHIMERAX", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(chimerax_program, "PLACES", {"linux": ()})


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def send_to(
    standin: StandIn, items: list[ViewerItem], folder: Path, sender: ChimeraX | None = None
):
    return (sender or ChimeraX(timeout=5)).send(
        ViewerScene(tuple(items)), folder, options([standin.port], start=False)
    )


def options(ports, *, program: Path | None = None, start: bool = True) -> ViewerOptions:
    return ViewerOptions(program, tuple(ports), start)


def shown(standin: StandIn) -> dict[str, dict[str, str]]:
    return {model.name: model.settings for model in standin.models}


def by_name(standin: StandIn, name: str) -> dict[str, str]:
    return shown(standin)[f"{name} {TAG}"]


@pytest.mark.parametrize("json_mode", [True, False])
def test_a_running_chimerax_shows_maps_with_our_levels_colours_and_styles(
    chimerax, items, tmp_path, json_mode
):
    standin = chimerax(json_mode=json_mode)
    report = send_to(standin, items, tmp_path)
    assert report.sent
    assert report.script is None
    assert (
        report.sentence
        == f"Sent Patterson, Predicted density and Model to ChimeraX (port {standin.port})."
    )
    patterson = by_name(standin, "Patterson")
    assert float(patterson["level"]) == pytest.approx(12.345678, rel=1e-5)
    assert patterson["color"] == "#9467bd"
    assert patterson["style"] == "mesh"
    assert patterson["step"] == "1"
    assert patterson["showOutlineBox"] == "false"
    density = by_name(standin, "Predicted density")
    assert (density["style"], density["level"]) == ("surface", "0.82")
    assert "byhetero" in by_name(standin, "Model")
    assert standin.views == [""]


def test_an_open_map_reported_as_an_attribute_error_counts_as_open(chimerax, items, tmp_path):
    standin = chimerax(false_error=True)
    report = send_to(standin, items, tmp_path)
    assert report.sent
    assert report.sentence.endswith(f"(port {standin.port}).")
    assert len(standin.models) == len(items)


@pytest.mark.parametrize("json_mode", [True, False])
def test_sending_again_replaces_our_models_and_touches_nothing_else(
    chimerax, items, tmp_path, json_mode
):
    standin = chimerax(json_mode=json_mode)
    theirs = standin.open_by_hand("theirs.ccp4", "Patterson")
    sender = ChimeraX(timeout=5)
    send_to(standin, items, tmp_path, sender)
    renamed = standin.models[1]
    later = standin.open_by_hand("later.pdb", "model 2", "AtomicStructure")
    renamed.name = "mine now"
    send_to(standin, items[:2], tmp_path, sender)
    assert [m.name for m in standin.models] == [
        "Patterson",
        "mine now",
        "model 2",
        f"Patterson {TAG}",
        f"Predicted density {TAG}",
    ]
    assert theirs.settings == {}
    assert later.settings == {}
    # Turned to ours the first time, among theirs; left where it was turned to the second.
    assert standin.views == ["#2,3,4"]


def test_a_chimerax_started_anew_on_the_same_port_loses_nothing(chimerax, items, tmp_path):
    standin = chimerax()
    sender = ChimeraX(timeout=5)
    send_to(standin, items, tmp_path, sender)
    standin.models.clear()
    for number in range(3):
        standin.open_by_hand(f"{number}.ccp4", "theirs")
    send_to(standin, items, tmp_path, sender)
    assert [m.name for m in standin.models].count("theirs") == 3


@pytest.mark.parametrize(
    "folder",
    [
        "with space",
        "Müller 結晶",
        "it's",
        "a;b",
        "line\nbreak",
        'say "x"',
        "back\\slash",
        "wide\u3000space",
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such names")
def test_any_path_arrives(chimerax, tmp_path, folder):
    standin = chimerax()
    items = make_items(tmp_path / folder)
    report = send_to(standin, items, tmp_path)
    assert report.sentence.endswith(f"(port {standin.port}).")
    for model, item in zip(standin.models, items, strict=True):
        assert model.path.read_bytes() == item.path.read_bytes()


def test_a_name_cannot_become_a_command(chimerax, items, tmp_path):
    standin = chimerax()
    standin.open_by_hand("theirs.ccp4", "theirs")
    bad = ViewerItem(items[0].path, 'x"; close; open "\n', items[0].kind, 1.0)
    send_to(standin, [bad], tmp_path)
    assert [m.name for m in standin.models] == ["theirs", f"x close open {TAG}"]


def test_where_nothing_is_found_a_script_and_a_sentence_say_what_to_do(
    items, tmp_path, unused_port
):
    report = ChimeraX().send(ViewerScene(tuple(items)), tmp_path, options([unused_port]))
    assert not report.sent
    assert report.script == tmp_path / "chimerax.cxc"
    assert "No ChimeraX was found" in report.sentence
    assert f"remotecontrol rest start port {unused_port} json true" in report.sentence
    assert str(report.script) in report.sentence
    assert "\n" not in report.sentence


def test_the_script_shows_the_same_and_can_be_run_twice(items, tmp_path, unused_port, chimerax):
    elsewhere = make_items(tmp_path / "odd;name", ("P", "d;\n", "m"))
    report = ChimeraX().send(
        ViewerScene((items[0], *elsewhere[1:])), tmp_path / "maps", options([unused_port])
    )
    standin = chimerax()
    theirs = standin.open_by_hand("theirs.ccp4", "theirs")
    lines = report.script.read_text(encoding="utf-8").splitlines()
    here = Path.cwd()
    os.chdir(report.script.parent)  # as ChimeraX does
    try:
        for _ in range(2):
            for line in lines:
                if not line.startswith("#"):
                    standin.run(line)
    finally:
        os.chdir(here)
    assert len(standin.models) == 4
    assert standin.models[0] is theirs
    assert by_name(standin, "Patterson")["level"] == "12.3457"


def test_a_server_that_never_answers_does_not_hold_us(chimerax, items, tmp_path):
    standin = chimerax(hang_on="volume")
    begun = time.monotonic()
    report = send_to(standin, items, tmp_path, ChimeraX(timeout=0.3))
    assert time.monotonic() - begun < 3
    assert not report.sent
    assert "did not answer within 0.3 s" in report.sentence
    assert report.script is not None


def test_maps_opened_after_we_gave_up_waiting_are_replaced_too(chimerax, items, tmp_path):
    standin = chimerax(hang_on="Predicted")
    sender = ChimeraX(timeout=0.3)
    assert not send_to(standin, items, tmp_path, sender).sent
    standin.hang_on = ""
    standin.release.set()
    while len(standin.models) < 2:
        time.sleep(0.01)  # the late opening
    assert send_to(standin, items, tmp_path, sender).sent
    assert len(standin.models) == len(items)


def test_an_unexpected_error_in_text_mode_does_not_hold_us(chimerax, items, tmp_path):
    standin = chimerax(json_mode=False)
    standin._volume = None  # not a command that can be called
    report = send_to(standin, items, tmp_path, ChimeraX(timeout=0.3))
    assert not report.sent
    assert "did not answer" in report.sentence


def test_a_server_that_dies_half_way_is_reported(chimerax, items, tmp_path):
    standin = chimerax(die_on="Predicted")
    report = send_to(standin, items, tmp_path)
    assert not report.sent
    assert "went away" in report.sentence
    assert report.script.exists()


def test_a_file_that_chimerax_refuses_is_named_and_the_others_are_shown(chimerax, items, tmp_path):
    standin = chimerax(refuse="P.ccp4")
    report = send_to(standin, items, tmp_path)
    assert report.sent
    assert "could not open P.ccp4 (UserError: Unknown command" in report.sentence
    assert len(standin.models) == 2


def test_when_all_is_refused_nothing_of_ours_is_closed(chimerax, items, tmp_path):
    standin = chimerax()
    sender = ChimeraX(timeout=5)
    send_to(standin, items[:1], tmp_path, sender)
    standin.refuse = "P.ccp4"
    report = send_to(standin, items[:1], tmp_path, sender)
    assert not report.sent
    assert len(standin.models) == 1


def test_a_damaged_map_never_reaches_chimerax(chimerax, items, tmp_path):
    standin = chimerax()
    items[1].path.write_bytes(items[1].path.read_bytes()[:-8])
    with pytest.raises(UserError, match="cut short"):
        send_to(standin, items, tmp_path)
    assert standin.commands == []


def test_a_refused_command_is_told(chimerax, items, tmp_path):
    report = send_to(chimerax(refuse="volume"), items, tmp_path)
    assert report.sent
    assert "but it refused a command (UserError: Unknown command: volume" in report.sentence


def test_another_program_on_a_port_is_left_alone(chimerax, items, tmp_path, monkeypatch):
    other = chimerax()
    monkeypatch.setattr("tests.bridges.chimerax_standin.PAGE", "<title>Notebook</title>")
    report = ChimeraX().send(ViewerScene(tuple(items)), tmp_path, options([other.port]))
    assert not report.sent
    assert other.commands == []


def test_a_silent_port_is_passed_over(chimerax, items, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        standin = chimerax()
        ports = [silent.getsockname()[1], standin.port]
        assert (
            ChimeraX().send(ViewerScene(tuple(items)), tmp_path, options(ports, start=False)).sent
        )


def test_a_proxy_for_the_web_is_not_asked(chimerax, items, tmp_path, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert send_to(chimerax(), items, tmp_path).sent


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")
def test_chimerax_is_started_used_again_and_its_remote_control_closed(
    items, tmp_path, program, unused_port
):
    sender = ChimeraX(timeout=5, patience=20)
    ports = [unused_port]
    try:
        first = sender.send(ViewerScene(tuple(items)), tmp_path, options(ports, program=program))
        assert first.sent, first.sentence
        assert "until patterson_gui ends" in first.sentence
        process = sender.launched
        assert process.poll() is None
        assert sender.send(
            ViewerScene(tuple(items)), tmp_path, options(ports, program=program)
        ).sent
        assert sender.launched is process
        sender.close()
        assert process.wait(10) == 0  # the stand-in has no window to keep open
    finally:
        if sender.launched is not None:
            sender.launched.kill()
            sender.launched.wait()


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")
def test_a_chimerax_that_ends_at_once_is_reported(items, tmp_path, unused_port):
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    report = ChimeraX().send(
        ViewerScene(tuple(items)), tmp_path, options([unused_port], program=broken)
    )
    assert not report.sent
    assert "exit code 3" in report.sentence


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")
def test_a_chimerax_that_never_listens_is_not_started_twice(items, tmp_path, unused_port):
    deaf = tmp_path / "deaf"
    deaf.write_text("#!/bin/sh\nexec /bin/sleep 60\n")
    deaf.chmod(0o755)
    sender = ChimeraX(patience=0.3)
    try:
        first = sender.send(
            ViewerScene(tuple(items)), tmp_path, options([unused_port], program=deaf)
        )
        assert "did not answer on port" in first.sentence
        process = sender.launched
        second = sender.send(
            ViewerScene(tuple(items)), tmp_path, options([unused_port], program=deaf)
        )
        assert "started from here" in second.sentence
        assert sender.launched is process
    finally:
        sender.launched.kill()
        sender.launched.wait()


def test_a_program_that_cannot_be_started_is_reported(items, tmp_path, unused_port):
    report = ChimeraX().send(
        ViewerScene(tuple(items)), tmp_path, options([unused_port], program=tmp_path / "none")
    )
    assert not report.sent
    assert "could not be started" in report.sentence


def test_the_newest_installed_chimerax_is_found(tmp_path, monkeypatch):
    for version in ("1.9", "1.10.1", "1.8"):
        binary = tmp_path / f"ucsf-chimerax-{version}" / "bin" / "ChimeraX"
        binary.parent.mkdir(parents=True)
        binary.touch(mode=0o755)
    pattern = str(tmp_path / "ucsf-chimerax*" / "bin" / "ChimeraX")
    monkeypatch.setattr(chimerax_program, "PLACES", {"linux": (pattern,)})
    newest = tmp_path / "ucsf-chimerax-1.10.1" / "bin" / "ChimeraX"
    assert chimerax_program.find_program() == [str(newest)]
    named = tmp_path / "mine"
    named.touch(mode=0o755)
    monkeypatch.setenv("CHIMERAX", str(named))
    assert chimerax_program.find_program() == [str(named)]


def test_nothing_to_send_and_a_missing_file_are_user_errors(items, tmp_path):
    with pytest.raises(UserError, match="nothing to send"):
        ChimeraX().send(ViewerScene(()), tmp_path, ViewerOptions())
    items[0].path.unlink()
    with pytest.raises(UserError, match="is gone"):
        ChimeraX().send(ViewerScene(tuple(items)), tmp_path, ViewerOptions())


def test_a_script_that_cannot_be_written_is_a_user_error(items, tmp_path, unused_port):
    (tmp_path / "gone").write_text("a file in the way")
    with pytest.raises(UserError, match="cannot be made"):
        ChimeraX().send(ViewerScene(tuple(items)), tmp_path / "gone", options([unused_port]))


def test_two_sends_at_once_wait_for_each_other(chimerax, items, tmp_path):
    standin = chimerax()
    sender = ChimeraX(timeout=10)
    threads = [
        threading.Thread(target=send_to, args=(standin, items, tmp_path, sender)) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(standin.models) == len(items)


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")
@pytest.mark.parametrize("version", list(VERSIONS))
def test_every_version_is_started_with_words_that_it_knows(
    items, tmp_path, program, unused_port, monkeypatch, version
):
    monkeypatch.setenv("PATTERSON_TEST_VERSION", version)
    sender = ChimeraX(timeout=5, patience=20)
    try:
        report = sender.send(
            ViewerScene(tuple(items)), tmp_path, options([unused_port], program=program)
        )
        assert report.sent, report.sentence
        assert "but it" not in report.sentence
        sender.close()
    finally:
        if sender.launched is not None:
            sender.launched.kill()
            sender.launched.wait()


def test_the_stand_in_refuses_what_older_versions_refuse():
    command = "remotecontrol rest start port 1 json true"
    assert started(f"{command} log true", "1.5") is None
    assert started(f"{command} log true", "1.9") == (1, True)
    assert started(f"{command} cors true", "1.10.1") is None
    assert started("remotecontrol rest start port 1", "1.2") == (1, False)


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")
def test_one_that_a_command_starts_goes_on_listening(
    items, tmp_path, program, unused_port, monkeypatch
):
    registered: list[object] = []
    monkeypatch.setattr("patterson_gui.bridges.chimerax.atexit.register", registered.append)
    wanted = replace(options([unused_port], program=program), keep=True)
    sender = ChimeraX(timeout=5, patience=20)
    try:
        report = sender.send(ViewerScene(tuple(items)), tmp_path, wanted)
        assert "until ChimeraX is closed" in report.sentence
        assert registered == []
        assert ChimeraX(timeout=5).send(ViewerScene(tuple(items)), tmp_path, wanted).sent
    finally:
        sender.launched.kill()
        sender.launched.wait()
