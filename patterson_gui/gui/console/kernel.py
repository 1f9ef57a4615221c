"""The kernel of the console: IPython in a process of its own, with this program's Python.

A kernel in the process of the window would see its objects themselves, but the window would stand
still while a command runs, and a command that ends the interpreter would end the window. A process
of its own can be interrupted and started again, and gets copies of the crystal and its maps.
"""

import os
import sys
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_API", "pyqt6")  # for qtpy, which qtconsole uses

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from qtconsole.manager import QtKernelManager


class _OwnPython(KernelSpecManager):
    """The only kernel is this program's Python, whatever kernels the user has installed."""

    def get_kernel_spec(self, kernel_name: str) -> Any:
        # -P: modules in the current folder do not replace libraries of the same name.
        command = [sys.executable, "-P", "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        command.append("--InteractiveShell.enable_tip=False")  # hints for another program
        return KernelSpec(argv=command, display_name="patterson_gui", language="python")


class Kernel:
    """A running kernel.

    Attributes
    ----------
    manager, client : as qtconsole uses them.
    """

    def __init__(self, folder: Path, private: Path) -> None:
        """Start the process.

        Parameters
        ----------
        folder : its working folder.
        private : a folder that only the user can read, for the connection; with a short path,
            because sockets of the system have names of about a hundred letters at most.
        """
        self.manager = QtKernelManager(kernel_spec_manager=_OwnPython())
        if sys.platform != "win32":
            # Sockets in that folder: others on this computer cannot listen, as they could to TCP.
            self.manager.transport = "ipc"
            self.manager.connection_file = str(private / "kernel.json")
        self.manager.start_kernel(cwd=str(folder))
        self.client = self.manager.client()
        self.client.start_channels()

    def end(self) -> None:
        """Kill the process and close the connection."""
        self.manager.stop_restarter()
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
