"""`python -m contract_tests`."""

from contract_tests.command import main

main(prog_name="check-gateway")
