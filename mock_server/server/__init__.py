"""Sockets: the wire server, the Flask app, waitress, TLS, and a server inside another process."""
