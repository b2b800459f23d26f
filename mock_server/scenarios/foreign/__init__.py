"""Scenarios out of other tools' files: HTTP archives (HAR), mappings of WireMock, environments of Mockoon. Pure.

A file is read into series: the responses to the status requests of one task, in order. A series becomes the text of a
scenario that sends each of them as it came, byte for byte. What is not understood is a problem with its name and place,
so that nothing is dropped in silence and nothing is guessed.
"""

from mock_server.scenarios.foreign.read import imported as imported
from mock_server.scenarios.foreign.text import scenario_text as scenario_text
