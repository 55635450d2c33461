"""The light half of the numbers: numpy and plain Python only, so that a web request may load it."""
