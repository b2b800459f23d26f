"""The way into every command: `python -m mock_server`, and the script `mock-server`."""

from __future__ import annotations

import gc
import os
import signal


def main() -> None:
    """Runs the command line. From the first moment on, Ctrl-C and SIGTERM end the process without a word.

    A command that must clean up, or end in order, sets handlers of its own when it has got so far.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:  # a shell ignores Ctrl-C for what runs in the background
            signal.signal(number, _leave)
    # A start makes about 50,000 objects, which stay: looking for garbage among them takes a twelfth of it.
    gc.set_threshold(100_000)
    from mock_server.cli import main as run

    try:
        run()
    finally:
        # Or the interpreter looks through all objects again and again on its way out, a fifth of a command's time.
        gc.freeze()


def _leave(number: int, _: object) -> None:
    """Ends the process with a shell's exit code. The default action would be lost on process 1 of a container."""
    os._exit(128 + number)


if __name__ == "__main__":
    main()
