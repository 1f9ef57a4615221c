"""The actions of the window: keys, tooltips, and the menus they are in."""
