"""Sessions: save what is open and how it is shown, open it again, and keep it against a kill."""
