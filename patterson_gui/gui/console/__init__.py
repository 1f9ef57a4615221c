"""The Python console: qtconsole on a kernel in a process of its own."""
