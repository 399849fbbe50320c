"""`python -m contract_tests`."""

from contract_tests.cli import start

start()
