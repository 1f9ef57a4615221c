"""Coot's main loop and dialogs, in GTK 2 (Coot 0.9) and GTK 4."""

import sys

from .coot_functions import call_if_there, show_status
from .methods import error_text
from .state import STATE


def has_gtk2():
    """Whether this Coot has GTK 2: Coot 0.9, which has Python 2, and so must not load the bindings
    of a later GTK. The module `gtk` says nothing: PyGObject for GTK 4 puts an empty one there."""
    return sys.version_info[0] == 2


def call_every(milliseconds, function):
    """Have Coot's main loop call `function` for as long as it returns True."""
    if has_gtk2():
        import gobject

        gobject.timeout_add(milliseconds, function)
        return
    from gi.repository import GLib

    GLib.timeout_add(milliseconds, function)


def show_dialog(sentence):
    """Show one sentence in a dialog."""
    show_status(sentence)
    call_if_there("info_dialog", sentence)


def guarded(function):
    """The function, with errors shown in a dialog instead of raised into Coot."""

    def run(*arguments):
        try:
            function()
        except Exception as error:
            show_dialog(error_text(error))

    return run


def choose_file(title, then):
    """Ask for a .pgz file and hand its path on."""
    if has_gtk2():
        return choose_file_gtk2(title, then)
    from gi.repository import Gtk

    native = Gtk.FileChooserNative(title=title, action=Gtk.FileChooserAction.OPEN)
    only = Gtk.FileFilter()
    only.set_name("Predictions (*.pgz)")
    only.add_pattern("*.pgz")
    native.add_filter(only)
    STATE.chooser = native  # keeps the dialog alive

    def answered(dialog, response):
        STATE.chooser = None
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
