"""The functions behind `import patterson_gui as pg`, which the command line calls as well."""
