"""Commands that solve crystals and folders of crystals, and that find heavy atoms."""
