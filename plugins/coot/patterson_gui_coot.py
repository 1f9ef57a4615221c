"""patterson_gui in Coot: a menu "Patterson", and scenes sent from the window of patterson_gui.

One file for Coot 0.9 (Python 2.7, GTK 2) to 1.3 (Python 3, GTK 4). Install it with
`patterson-gui plugins install coot`. Part of patterson_gui; licence GPL-3.0-or-later.

The listener accepts connections from this computer only, answers only requests with a random token,
and never runs code that it receives.
"""

# Coot runs all start-up scripts in one namespace together with its own names. So this text saves
# them here, puts them back at its end, and runs once more in a namespace of its own.
_patterson_gui_before = dict(globals()) if __name__ == "__main__" else {}

import sys

# Coot's start-up script must be one file, so bridges/assemble_plugins.py joins the modules of
# plugins/common and plugins/coot to one text, in this order. Each module may import from those
# before it, as if all were one package. No name may stand in two modules.
# --- common/text.py goes here ---
# --- common/json_values.py goes here ---
# --- common/cell.py goes here ---
# --- common/archive.py goes here ---
# --- common/check_map.py goes here ---
# --- common/pgz.py goes here ---
# --- common/prediction.py goes here ---
# --- coot/state.py goes here ---
# --- coot/coot_functions.py goes here ---
# --- coot/molecules.py goes here ---
# --- coot/methods.py goes here ---
# --- coot/listener.py goes here ---
# --- coot/dialogs.py goes here ---
# --- coot/menu.py goes here ---
# --- coot/start.py goes here ---


def _patterson_gui_apart(names, before, code):
    """Put the names back as they were `before`, and run the text in a namespace of its own."""
    own = {"__name__": "patterson_gui_coot"}
    if "PATTERSON_GUI_START" in names:
        own["PATTERSON_GUI_START"] = names["PATTERSON_GUI_START"]
    for name in set(names).difference(before):
        del names[name]
    names.update(before)
    exec(code, own)


if __name__ == "__main__":
    _patterson_gui_apart(globals(), _patterson_gui_before, sys._getframe().f_code)
else:
    STATE.remote = remote
    if globals().get("PATTERSON_GUI_START", True):
        start()
