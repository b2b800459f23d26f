"""The wire server: HTTP/1 on asyncio, written here for the sake of the socket.

To reset, truncate or dribble a response, and to hold thousands of delayed ones with a timer each, a server must own its
connections, which WSGI servers do not hand out. `reader` parses bytes into requests, `connection` answers one client's
requests in order, `service` is what connections share, `server` listens. Responses become bytes in `http.framing`;
`emulator.deliver` sends them, faults included.
"""
