"""The vendors' contracts, field by field."""

from __future__ import annotations

from mock_server.admin.exchanges import contract_field
from mock_server.admin.route import Call, Result
from mock_server.api.contract import Contract, ContractField
from mock_server.control.refused import Kind, Refused
from mock_server.control.server import Controls
from mock_server.errors import unknown_vendor
from mock_server.schema.validator import Validator
from mock_server.vendors.contract_fields import contract_fields


def read_contract(controls: Controls, call: Call) -> Result:
    """What the vendor's document says of each field. Refused: there is no such vendor."""
    registry, contracts = controls.server.registry, controls.server.renderer.contracts
    if call.name not in registry:
        problem = unknown_vendor("", call.name, registry.names)
        raise Refused(Kind.NOT_FOUND, problem.what, [problem])
    profile = call.query.get("profile", registry.dialect(call.name).profile)
    status, error = contracts.status(call.name, profile), contracts.error(call.name)
    return Result(Contract(call.name, profile, _fields(status), _fields(error)))


def _fields(contract: Validator) -> dict[str, ContractField]:
    return {path: contract_field(field) for path, field in contract_fields(contract.schema).items()}
