"""patterson_gui in Coot: a menu "Patterson", and scenes sent from the window of patterson_gui.

One file for Coot 0.9 (Python 2.7, GTK 2) to 1.3 (Python 3, GTK 4). Install it with
`patterson-gui plugins install coot`. Part of patterson_gui; licence GPL-3.0-or-later.

The listener accepts connections from this computer only, answers only requests with a random token,
and never runs code that it receives.
"""

# Coot runs all start-up scripts in one namespace together with its own names. So this text saves
# them here, puts them back at its end, and runs once more in a namespace of its own.
_patterson_gui_before = dict(globals()) if __name__ == "__main__" else {}

# The installer sets these: the path of patterson-gui, and the folder in which a running Coot
# announces its port.
PROGRAM = ""
LISTENERS = ""

import atexit
import binascii
import errno
import socket
import tempfile
import time
import types

# The text of plugins/common/pgz.py replaces this line when the plugin is built or installed:
# --- pgz.py goes here ---

TAG = "(patterson_gui)"  # at the end of the name of each of our molecules
LARGEST_FRAME = 1 << 20  # bytes; a scene is a few thousand
POLL_MS = 200
SILENCE_S = 20.0  # a client that sends nothing for so long is dropped

# What must stay when this text runs twice, for example as start-up script and from a script.
_STATE = sys.modules.setdefault("_patterson_gui_coot", types.ModuleType("_patterson_gui_coot"))


# ---------------------------------------------------------------- Coot's functions
def coot_function(name):
    """A function of Coot by its name, or None. In 1.x it is in the module `coot`, in 0.9 in
    `__main__`."""
    for module_name in ("coot", "__main__"):
        try:
            module = sys.modules.get(module_name) or __import__(module_name)
        except ImportError:
            continue
        found = getattr(module, name, None)
        if found is not None:
            return found
    return None


def call(name, *arguments):
    """Call a function of Coot."""
    function = coot_function(name)
    if function is None:
        raise BundleError(
            "This Coot has no function '%s', because it is older than 0.9 or newer than the "
            "plugin: update Coot or the plugin." % name
        )
    return function(*[coot_text(one) for one in arguments])


def call_if_there(name, *arguments):
    """Call a function that some versions lack; None if it is missing."""
    return None if coot_function(name) is None else call(name, *arguments)


def coot_text(value):
    """Text as Coot's functions accept it: bytes in Python 2."""
    if str is bytes and isinstance(value, _TEXT):
        return value.encode("utf-8")
    return value


def coot_path(path):
    """A path as Coot's functions accept it; in Python 2 on Windows in the system's encoding."""
    if str is bytes and os.name == "nt" and isinstance(path, _TEXT):
        return path.encode("mbcs")
    return path


def say(text):
    """Print one line in Coot's console, whatever its encoding."""
    try:
        print(coot_text("patterson_gui: " + text))
    except (UnicodeError, IOError):
        print(repr(text))


def status(text):
    """Show one line at the bottom of Coot's window and in its console."""
    say(text)
    call_if_there("add_status_bar_text", text)


# ---------------------------------------------------------------- scenes
class Shown(object):
    """The molecules of the last scene: their numbers, names and items."""

    def __init__(self):
        self.ours = {}  # number: (name, item)

    def show(self, scene):
        """Read and style a scene's files, then close those of ours that were there before.

        Returns {"shown": names, "refused": sentences}. Where nothing could be read, what was
        there before stays.
        """
        items = scene.get("items") or []
        names = [tagged(item["name"]) for item in items]
        earlier = [
            number
            for number in range(call("graphics_n_molecules"))
            if self._is_ours(number) or (valid(number) and molecule_name(number) in names)
        ]
        fresh, shown, refused = {}, [], []
        centring = call_if_there("recentre_on_read_pdb")
        call_if_there("set_recentre_on_read_pdb", 0)  # this plugin decides whether the view moves
        try:
            for item, name in zip(items, names):
                try:
                    number = read(item)
                except BundleError as error:
                    refused.append(str(error))
                    continue
                call("set_molecule_name", number, name)
                fresh[number] = (name, item)
                style(number, item)
                shown.append(item["name"])
        finally:
            if centring is not None:
                call_if_there("set_recentre_on_read_pdb", centring)
        if not fresh:
            return {"shown": [], "refused": refused}
        if scene.get("cell"):
            # Coot draws the cell of a displayed molecule; in 0.9 only of a model.
            order = [
                (not item.get("shown", True), item["kind"] == "map", number)
                for number, (_, item) in fresh.items()
            ]
            call_if_there("set_show_unit_cell", min(order)[2], 1)
        for number in earlier:
            call("close_molecule", number)
        if not earlier and scene.get("centre"):
            call("set_rotation_centre", *[float(x) for x in scene["centre"]])
        self.ours = fresh
        status("showing " + ", ".join(shown))
        return {"shown": shown, "refused": refused}

    def restyle(self, items):
        """Restyle our molecules as `items` say, by their keys."""
        numbers = dict((item["key"], number) for number, (_, item) in self.ours.items())
        gone = []
        for item in items:
            number = numbers.get(item["key"])
            if number is None:
                continue  # it was not sent
            name, old = self.ours[number]
            if not self._is_ours(number):
                gone.append(old["name"])
                continue
            looks = dict(old)
            for part in ("level", "colour", "style", "shown"):
                if part in item:
                    looks[part] = item[part]
            if looks != old:
                style(number, looks)
                self.ours[number] = (name, looks)
        return {"gone": gone}

    def close(self):
        """Close our molecules; returns how many were still open."""
        there = [number for number in sorted(self.ours) if self._is_ours(number)]
        for number in there:
            call("close_molecule", number)
        self.ours = {}
        return len(there)

    def as_sent(self):
        """Set levels and colours back to what was sent."""
        for number, (_, item) in self.ours.items():
            if self._is_ours(number):
                style(number, item)

    def _is_ours(self, number):
        name = self.ours.get(number, ("", None))[0]
        return bool(name) and valid(number) and molecule_name(number) == name


def tagged(name):
    return "%s %s" % (_plain(name) or "map", TAG)


def valid(number):
    return bool(call("is_valid_model_molecule", number) or call("is_valid_map_molecule", number))


def molecule_name(number):
    name = call("molecule_name", number)
    if isinstance(name, bytes):
        return name.decode("utf-8", "replace")
    return name if isinstance(name, _TEXT) else ""


def read(item):
    """Have Coot read a file; returns the molecule's number. A map is checked first, because a
    damaged one crashes Coot."""
    path = item["path"]
    short = _plain(os.path.basename(path))
    if not os.path.isfile(path):
        if os.environ.get("FLATPAK_ID"):
            raise BundleError("Coot's sandbox cannot see %s: move it to your home folder." % short)
        raise BundleError("%s no longer exists: send it again." % short)
    if item["kind"] == "map":
        check_map(path)
        number = call("read_ccp4_map", coot_path(path), 1 if item.get("below") else 0)
        there = number is not None and number >= 0 and call("is_valid_map_molecule", number)
        if there and item.get("below"):
            # Coot takes P1 with 90 90 90 for cryo-EM and does not read it as a difference map.
            call_if_there("set_map_is_difference_map", number, 1)
    else:
        number = call("read_pdb", coot_path(path))
        there = number is not None and number >= 0 and call("is_valid_model_molecule", number)
    if not there:
        raise BundleError("Coot could not read %s: look at its console." % short)
    return number


def style(number, item):
    """Set the level, colour, style and visibility of one molecule."""
    on = 1 if item.get("shown", True) else 0
    if item["kind"] != "map":
        call("set_mol_displayed", number, on)
        return
    colour = item["colour"]
    call("set_map_colour", number, *[int(colour[i : i + 2], 16) / 255.0 for i in (1, 3, 5)])
    if item.get("level") is not None:
        call("set_contour_level_absolute", number, float(item["level"]))
    solid = 1 if item.get("style") == "surface" else 0
    call_if_there("set_draw_solid_density_surface", number, solid)
    call("set_map_displayed", number, on)


def save_open(folder):
    """Write the model and the map that are open, ours left out: of several the one that is shown
    and was opened last.

    Returns {"model": {"path", "name"} or None, "map": the same, "left": names, "refused":
    sentences without their end}."""
    found = {"model": [], "map": []}
    for number in range(call("graphics_n_molecules")):
        if not valid(number) or molecule_name(number).endswith(TAG):
            continue
        if call("is_valid_map_molecule", number):
            found["map"].append((bool(call("map_is_displayed", number)), number))
        else:
            found["model"].append((bool(call("mol_is_displayed", number)), number))
    answer = {"model": None, "map": None, "left": [], "refused": []}
    writers = (("model", ".pdb", "write_pdb_file"), ("map", ".map", "export_map"))
    for kind, ending, writer in writers:
        found[kind].sort()
        for place, (_, number) in enumerate(found[kind], 1):
            name = _plain(os.path.basename(molecule_name(number)), 100) or "molecule %d" % number
            if place < len(found[kind]):
                answer["left"].append(name)
                continue
            path = os.path.join(folder, "from-coot" + ending)
            if os.path.exists(path):
                os.remove(path)
            call(writer, number, coot_path(path))
            if os.path.isfile(path) and os.path.getsize(path):
                answer[kind] = {"path": path, "name": name}
            else:
                answer["refused"].append("Coot could not write %s into %s" % (name, folder))
    return answer


def shown():
    """The one `Shown` object, however often this text runs."""
    if not hasattr(_STATE, "shown"):
        _STATE.shown = Shown()
    return _STATE.shown


# ---------------------------------------------------------------- requests
def answer(method, params):
    """The answer to a request. Raises BundleError."""
    if method == "patterson.ping":
        return {"program": "coot", "pid": os.getpid()}
    if method == "patterson.show":
        return shown().show(params["scene"])
    if method == "patterson.restyle":
        return shown().restyle(params["items"])
    if method == "patterson.save":
        return save_open(params["folder"])
    if method == "patterson.close":
        return {"closed": shown().close()}
    if method == "patterson.stop":
        listener = getattr(_STATE, "listener", None)
        if listener is not None and not listener.stays:
            listener.stopping = True
        return {}
    raise BundleError("There is no method '%s'." % method)


def remote(request):
    """`answer` for Coot's own remote control: JSON text in, JSON text out. It never raises, because
    Coot 1.1.20 runs an expression that raises a second time."""
    try:
        asked = json.loads(request)
        return json.dumps({"result": answer(asked["method"], asked.get("params") or {})})
    except Exception as error:
        return json.dumps({"error": in_words(error)})


def in_words(error):
    """An error as text on one line."""
    if isinstance(error, BundleError):
        return _plain(str(error))
    return "%s: %s" % (type(error).__name__, _reason(error))


class Listener(object):
    """A socket for this computer only, polled from Coot's main loop.

    A frame is four bytes of length, big-endian, and as many of JSON, as in Coot's own remote
    control from 1.1.20. Every request must hold the token, which is in a file that only the user
    can read.
    """

    def __init__(self, folder):
        self.stopping = False
        self.stays = False  # goes on listening even if asked to stop: it ran before
        self._client, self._data, self._heard = None, b"", 0.0
        self._said = {}  # folders: files
        self.token = binascii.hexlify(os.urandom(24)).decode("ascii")
        self._server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            self._server.bind(("127.0.0.1", 0))
            self._server.listen(1)
            self._server.setblocking(False)
            self.port = self._server.getsockname()[1]
            self.announce(folder)
        except Exception:
            self._server.close()
            raise
        atexit.register(self.close)

    def announce(self, folder):
        """Announce this listener in a folder, once."""
        if folder in self._said:
            return
        if not os.path.isdir(folder):
            os.makedirs(folder, 0o700)
        name = "coot-%d" % os.getpid()
        if os.path.lexists(os.path.join(folder, name + ".json")):
            # Systems use process numbers again, and in a sandbox every program has the same one.
            name += "-" + binascii.hexlify(os.urandom(4)).decode("ascii")
        beside = os.path.join(folder, name + ".new")
        if os.path.lexists(beside):
            os.remove(beside)
        opened = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        told = {"program": "coot", "pid": os.getpid(), "host": socket.gethostname()}
        told.update(port=self.port, token=self.token)
        with os.fdopen(opened, "w") as file:
            file.write(json.dumps(told))
        self._said[folder] = os.path.join(folder, name + ".json")
        os.rename(beside, self._said[folder])

    def poll(self):
        """Read and answer what has arrived; False once it has stopped."""
        if self._client is None and not self._accept():
            return not self.stopping
        try:
            while self._client is not None:
                part = self._client.recv(1 << 16)
                if not part:
                    self._drop()
                    break
                self._heard = time.time()
                self._data += part
                self._take_frames()
        except socket.error as error:
            waiting = error.args[0] in (errno.EAGAIN, errno.EWOULDBLOCK)
            if not waiting or abs(time.time() - self._heard) > SILENCE_S:
                self._drop()
        if self.stopping:
            self.close()
        return not self.stopping

    def _accept(self):
        try:
            self._client, _ = self._server.accept()
        except socket.error:
            return False
        self._client.setblocking(False)
        self._data, self._heard = b"", time.time()
        return True

    def _take_frames(self):
        while self._client is not None and len(self._data) >= 4:
            (length,) = struct.unpack(">I", self._data[:4])
            if length > LARGEST_FRAME:
                self._drop()
                return
            if len(self._data) < 4 + length:
                return
            body, self._data = self._data[4 : 4 + length], self._data[4 + length :]
            self._send(self._answered(body))

    def _answered(self, body):
        """The content of the frame that answers `body`; empty if that is no request."""
        try:
            request = json.loads(body.decode("utf-8"))
            method, params = request["method"], request["params"]
            number, token = str(request["id"]), params["token"]
        except Exception:  # also RuntimeError, raised for deeply nested JSON
            return b""
        reply = {"jsonrpc": "2.0", "id": number}
        if not same(token, self.token):
            reply["error"] = {"code": -32001, "message": "The token is wrong."}
        else:
            try:
                reply["result"] = answer(method, params)
            except Exception as error:
                reply["error"] = {"code": -32000, "message": in_words(error)}
        return json.dumps(reply).encode("utf-8")

    def _send(self, content):
        self._client.setblocking(True)
        self._client.settimeout(5.0)
        try:
            self._client.sendall(struct.pack(">I", len(content)) + content)
            self._client.setblocking(False)
        except socket.error:
            self._drop()

    def _drop(self):
        if self._client is not None:
            self._client.close()
        self._client, self._data = None, b""

    def close(self):
        """Stop listening and delete the announcement."""
        self.stopping = True
        self._drop()
        self._server.close()
        for path in self._said.values():
            if os.path.exists(path):
                os.remove(path)
        self._said = {}


def same(given, wanted):
    """Compare in a time that does not depend on where they differ."""
    if not isinstance(given, (str, _TEXT)):
        return False
    a, b = given.encode("utf-8"), wanted.encode("utf-8")
    different = len(a) ^ len(b)
    for x, y in zip(bytearray(a), bytearray(b)):
        different |= x ^ y
    return different == 0


def listeners_folder():
    """Where patterson_gui looks for a Coot that listens."""
    if LISTENERS:
        return LISTENERS
    configured = os.environ.get("PATTERSON_GUI_CONFIG")
    home = os.path.expanduser("~")
    if configured:
        base = configured
    elif sys.platform == "darwin":
        base = os.path.join(home, "Library", "Application Support", "patterson_gui")
    elif os.name == "nt":
        base = os.path.join(os.environ.get("LOCALAPPDATA", home), "patterson_gui")
    else:
        config = os.environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
        base = os.path.join(config, "patterson_gui")
    return os.path.join(base, "listeners")


# ---------------------------------------------------------------- the menu
def gtk2():
    """Whether this Coot has GTK 2, and so must not load the bindings of a later GTK."""
    return sys.version_info[0] == 2 or "gtk" in sys.modules


def every(milliseconds, function):
    """Have Coot's main loop call `function` for as long as it returns True."""
    if gtk2():
        import gobject

        gobject.timeout_add(milliseconds, function)
        return
    from gi.repository import GLib

    GLib.timeout_add(milliseconds, function)


def tell(sentence):
    """Show one sentence in a dialog."""
    status(sentence)
    call_if_there("info_dialog", sentence)


def guarded(function):
    """The function, with errors shown in a dialog instead of raised into Coot."""

    def run(*arguments):
        try:
            function()
        except Exception as error:
            tell(in_words(error))

    return run


def open_bundle(path):
    """Show a bundle."""
    scene = unpack(path, tempfile.mkdtemp(prefix="patterson_gui-"))
    result = shown().show(scene)
    for sentence in result["refused"]:
        tell(sentence)
    for line in [scene["provenance"], scene["verdict"]] + scene["notes"]:
        if line:
            status(line)
    return scene


def choose_bundle():
    choose_file("Open a prediction", open_bundle)


def choose_file(title, then):
    """Ask for a .pgz file and hand its path on."""
    if gtk2():
        return choose_file_gtk2(title, then)
    from gi.repository import Gtk

    native = Gtk.FileChooserNative(title=title, action=Gtk.FileChooserAction.OPEN)
    only = Gtk.FileFilter()
    only.set_name("Predictions (*.pgz)")
    only.add_pattern("*.pgz")
    native.add_filter(only)
    _STATE.chooser = native  # keeps the dialog alive

    def answered(dialog, response):
        _STATE.chooser = None
        if response == Gtk.ResponseType.ACCEPT:
            guarded(lambda: then(dialog.get_file().get_path()))()

    native.connect("response", answered)
    native.show()
    return None


def choose_file_gtk2(title, then):
    import gtk

    buttons = (gtk.STOCK_CANCEL, gtk.RESPONSE_CANCEL, gtk.STOCK_OPEN, gtk.RESPONSE_OK)
    dialog = gtk.FileChooserDialog(title, None, gtk.FILE_CHOOSER_ACTION_OPEN, buttons)
    only = gtk.FileFilter()
    only.set_name("Predictions (*.pgz)")
    only.add_pattern("*.pgz")
    dialog.add_filter(only)
    response, path = dialog.run(), dialog.get_filename()
    dialog.destroy()
    if response == gtk.RESPONSE_OK and path:
        then(path)


def active_model():
    """The number of the model at the centre of the view, else of the last one displayed."""
    for name in ("active_residue_py", "active_residue"):
        function = coot_function(name)
        if function is not None:
            found = function()
            if found:
                return found[0]
            break
    models = [
        number
        for number in range(call("graphics_n_molecules"))
        if call("is_valid_model_molecule", number) and call("mol_is_displayed", number)
    ]
    if not models:
        raise BundleError("There is no model to predict from: open one first.")
    return models[-1]


def predict_active():
    """Predict the density of the molecule at the centre from its amplitudes alone."""
    if getattr(_STATE, "prediction", None) is not None:
        raise BundleError("A prediction is running: wait for it, or stop it in the menu Patterson.")
    command = find_patterson_gui(PROGRAM)
    if command is None:
        raise BundleError(NOT_FOUND)
    number = active_model()
    folder = tempfile.mkdtemp(prefix="patterson_gui-")
    source = os.path.join(folder, "molecule.pdb")
    call("write_pdb_file", number, coot_path(source))
    if not os.path.isfile(source):
        raise BundleError("Coot could not write the molecule: check that the disk has free space.")
    running = Prediction(command, source, folder)
    _STATE.prediction = running
    status("Predicting from %s ..." % os.path.basename(molecule_name(number)))

    def look():
        if not running.ended():
            return True
        _STATE.prediction = None
        guarded(lambda: open_bundle(running.result()))()
        return False

    every(500, look)


def stop_prediction():
    running = getattr(_STATE, "prediction", None)
    if running is None:
        raise BundleError("No prediction is running.")
    running.cancel()


def contour_as_sent():
    if not shown().ours:
        raise BundleError("Nothing was sent from patterson_gui yet: send a scene first.")
    shown().as_sent()


def close_ours():
    if not shown().close():
        raise BundleError("Nothing from patterson_gui is open, so there is nothing to close.")


def about():
    listener = getattr(_STATE, "listener", None)
    closed = listener is None or listener.stopping
    heard = "The window %s send to this Coot." % ("cannot" if closed else "can")
    tell(
        "patterson_gui finds electron density and atoms from a Patterson map. This menu opens its "
        "predictions (.pgz). %s" % heard
    )


MENU = (
    ("Open prediction...", choose_bundle),
    ("Predict from this molecule...", predict_active),
    ("Stop the prediction", stop_prediction),
    ("Reset levels", contour_as_sent),
    ("Close what was sent", close_ours),
    ("About", about),
)


def make_menu():
    """The menu "Patterson"."""
    if gtk2():
        menu = call("coot_menubar_menu", "Patterson")
        for label, function in MENU:
            call("add_simple_coot_menu_menuitem", menu, label, guarded(function))
        return
    import coot_gui

    menu = coot_gui.attach_module_menu_button("Patterson")
    for place, (label, function) in enumerate(MENU):
        name = "patterson_gui_%d" % place
        coot_gui.add_simple_action_to_menu(menu, label, name, guarded(function))


def start():
    """Add the menu and start the listener, once for each Coot however often this text runs."""
    if not getattr(_STATE, "started", False):
        _STATE.started = True
        try:
            make_menu()
        except Exception as error:  # Coot has no window; scenes are shown nevertheless
            say("no menu (%s)" % in_words(error))
    try:
        listener = getattr(_STATE, "listener", None)
        if listener is None or listener.stopping:
            _STATE.listener = Listener(listeners_folder())
            every(POLL_MS, _STATE.listener.poll)
        else:
            listener.stays = True
            listener.announce(listeners_folder())
    except Exception as error:
        say("nothing can be sent to this Coot (%s)" % in_words(error))


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
    _STATE.remote = remote
    if globals().get("PATTERSON_GUI_START", True):
        start()
