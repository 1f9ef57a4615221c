"""Installation and removal of our plugins in other programs."""
