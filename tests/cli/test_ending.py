"""A process that serves ends in time, whatever it is doing."""

from __future__ import annotations

import signal
import subprocess
import sys

PATIENCE = 30
BUSY = """
import time
from mock_server.cli.ending import end_at_signals
end_at_signals(lambda: None)
print("busy", flush=True)
while True:
    time.sleep(1)
"""


def test_a_process_that_does_not_end_after_a_signal_is_ended_by_force() -> None:
    words = [sys.executable, "-c", BUSY]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "busy\n"
        process.send_signal(signal.SIGTERM)
        try:
            _, told = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()
    assert process.returncode == 0
    assert "ended by force after 1.5 s" in told
