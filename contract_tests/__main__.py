"""`python -m contract_tests`."""

from contract_tests.command import start

start()
