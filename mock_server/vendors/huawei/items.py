"""One URL of a Huawei preheating task: table 2 of the page."""

from __future__ import annotations

from collections.abc import Mapping

from mock_server.types import Json
from mock_server.vendors.dialect import ItemBody, ItemView

ITEM_FIELDS: Mapping[str, Json] = {
    "url": {"type": "string", "minLength": 1, "maxLength": 2048, "description": "The URL that is preheated."},
}


def body_of_item(item: ItemView, status: str) -> ItemBody:
    """The URL and its status. This vendor gives no reason for a failure."""
    return ItemBody({"url": item.fields.get("url") or item.sampled["url"], "status": status})
