"""PEM files: how far they are looked through."""

from __future__ import annotations

from pathlib import Path

import pytest

from mock_server.errors import InvalidInput
from mock_server.server.pem import CERTIFICATE, LOOKED_THROUGH, check_pem

MARK = "-----BEGIN CERTIFICATE-----"


def test_a_certificate_far_behind_the_beginning_of_a_file_counts_as_missing(tmp_path: Path) -> None:
    path = tmp_path / "long.pem"
    path.write_text("#" * (LOOKED_THROUGH.value - len(MARK)) + MARK, "utf-8")
    check_pem("tls_cert", path, CERTIFICATE)
    path.write_text("#" * LOOKED_THROUGH.value + MARK, "utf-8")
    with pytest.raises(InvalidInput, match="holds no certificate"):
        check_pem("tls_cert", path, CERTIFICATE)
