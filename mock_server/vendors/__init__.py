"""The vendors, one package each, and what they have in common. No other package names a vendor."""
