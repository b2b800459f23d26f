"""`python -m mock_server`: the same as the `mock-server` command."""

from mock_server.cli import main

main()
