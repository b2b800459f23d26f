"""`mock-server fixture VENDOR`: a pool of plausible items."""

from __future__ import annotations

import click

from mock_server.cli.flags import Whole
from mock_server.cli.text import print_file
from mock_server.errors import InvalidInput, unknown_vendor
from mock_server.vendors.pool import MOST, dump_items, make_items
from mock_server.vendors.registry import SHIPPED

COUNT = 64


@click.command("fixture")
@click.argument("vendor")
@click.option("--count", type=Whole(1, MOST), default=COUNT, show_default=True, help="How many items.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same items for the same seed.")
def command(vendor: str, count: int, seed: int) -> None:
    """Print a pool of plausible items of VENDOR.

    They are made by Faker, in the form of a file fixtures/VENDOR/NAME.json.
    """
    providers = {shipped.status().name: shipped.provider for shipped in SHIPPED}
    if vendor not in providers:
        raise InvalidInput([unknown_vendor("VENDOR", vendor, providers)])
    print_file(dump_items(make_items(providers[vendor], count, seed)))
