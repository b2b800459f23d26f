"""The contract of a vendor's responses, field by field."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct


class ContractField(Struct, frozen=True):
    """What the vendor's document says of one field, and what the field may be."""

    row: Annotated[str, Meta(description="The row of the document's table.")]
    document: str
    page: str
    description: str
    type: Annotated[tuple[str, ...], Meta(description="The types of JSON that it may have; empty: any.")]
    enum: Annotated[tuple[Any, ...] | None, Meta(description="Its only values; null if it may have others.")]
    required: bool
    ours: Annotated[bool, Meta(description="The document gives no value: the text is ours.")]


class Contract(Struct, frozen=True):
    """What a vendor's responses must be in a profile, by JSON path; `[*]` stands for every position."""

    vendor: str
    profile: str
    status: Annotated[dict[str, ContractField], Meta(description="The fields of the status of a task.")]
    error: Annotated[dict[str, ContractField], Meta(description="The fields of an error.")]
