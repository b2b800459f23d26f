"""The vendors: one package each, and nowhere else a vendor's name."""
