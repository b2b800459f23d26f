"""Our own HTTP server. We own what a library could do for one reason, the socket: to reset, cut or dribble a response,
or to hold thousands of late ones with a timer each, takes the connection itself, which no WSGI server hands out.

`reader` makes requests of bytes, `framing` bytes of responses, `delivery` misdelivers them, `connection` puts these
together, `service` is what they share, and `server` holds the server.
"""
