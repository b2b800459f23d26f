"""Sockets: the wire server, the Flask app, waitress, TLS, intercepted hosts, and an embedded server."""
