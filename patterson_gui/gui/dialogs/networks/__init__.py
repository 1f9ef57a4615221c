"""The dialog of the trained networks: the list, the card, the learning curve, the layers."""
