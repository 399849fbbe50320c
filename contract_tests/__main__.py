"""`python -m contract_tests`."""

from gateway_contract.entry_points import check_gateway

check_gateway()
