"""The plugin of Coot 1.x with the real GTK 4 and its Python bindings."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from patterson_gui.bridges.coot.bridge import Coot
from patterson_gui.bridges.coot.plugin import plugin_text
from patterson_gui.bridges.plugin_base import fill_in_paths
from patterson_gui.io.viewers.scene import ViewerItem, ViewerOptions, ViewerScene
from tests.waiting import wait_until

pytestmark = pytest.mark.timeout(60)

# The functions of Coot's own menu module, with the menu and the actions of GTK. The molecules are
# stand-ins. PyGObject is loaded first, as by Coot itself.
PROGRAM = """
import sys
import gi
gi.require_version("Gtk", "4.0")
from gi.repository import Gio, GLib, Gtk
sys.path.insert(0, sys.argv[1])
import types
from tests.bridges.coot_standin import FakeCoot
coot_gui = types.ModuleType("coot_gui")
bar, actions = Gio.Menu(), Gio.SimpleActionGroup()
def attach_module_menu_button(label):
    menu = Gio.Menu.new()
    bar.append_submenu(label, menu)
    return menu
def add_simple_action_to_menu(menu, label, name, function):
    action = Gio.SimpleAction.new(name, None)
    action.connect("activate", function)
    actions.add_action(action)
    menu.append(label, "app." + name)
coot_gui.attach_module_menu_button = attach_module_menu_button
coot_gui.add_simple_action_to_menu = add_simple_action_to_menu
sys.modules["coot_gui"] = coot_gui
fake = FakeCoot()
sys.modules["coot"] = fake.module()
exec(compile(open(sys.argv[2]).read(), "plugin", "exec"), {"__name__": "__main__"})
model = bar.get_item_link(0, Gio.MENU_LINK_SUBMENU)
for item in range(model.get_n_items()):
    print(model.get_item_attribute_value(item, Gio.MENU_ATTRIBUTE_LABEL, None).get_string())
actions.lookup_action("patterson_gui_5").activate(None)
print(fake.calls[-1], flush=True)
GLib.timeout_add_seconds(50, lambda: loop.quit())
loop = GLib.MainLoop()
loop.run()
"""


@pytest.fixture
def window(gtk4_python: str, tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    plugin = tmp_path / "patterson_gui_coot.py"
    text = fill_in_paths(plugin_text(), listeners=tmp_path / "listeners")
    plugin.write_text(text, encoding="ascii")
    root = Path(__file__).resolve().parents[2]
    words = [gtk4_python, "-c", PROGRAM, str(root), str(plugin)]
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment) as process:
        yield process
        process.kill()


def test_adds_its_menu_and_receives_scenes_under_gtk_4(
    window: "subprocess.Popen[str]", tmp_path: Path
) -> None:
    assert window.stdout is not None
    lines = []
    for line in window.stdout:
        lines.append(line.strip())
        if "info_dialog" in line:
            break
    assert "Open prediction..." in lines
    assert "About" in lines
    assert "The window can send to this Coot." in lines[-1]
    listeners = tmp_path / "listeners"
    wait_until(lambda: list(listeners.glob("coot-*.json")), "the plugin announces itself")
    model = tmp_path / "m.pdb"
    model.write_text("END\n")
    sent = ViewerScene((ViewerItem(model, "toy", key="model"),), "toy")
    bridge = Coot(timeout=10, listeners=listeners)
    report = bridge.send(sent, tmp_path, ViewerOptions(ports=(1,), launch=False))
    assert report.sent, report.sentence
    assert report.sentence.startswith("Sent toy to Coot")
