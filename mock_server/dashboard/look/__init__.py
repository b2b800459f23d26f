"""What each page shows, as plain values. A module a page."""
