"""`python -m contract_tests`."""

from contract_tests.command.cli import start

start()
