"""The heavy-atom sites of the open crystal: listed, edited, searched for, made from peaks."""
