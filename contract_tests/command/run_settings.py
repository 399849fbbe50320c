"""Settings from the options of `check-gateway run`."""

from pathlib import Path

from contract_tests.client.limits import Limits
from contract_tests.command.access_settings import access_of, token_of
from contract_tests.command.options import RunOptions
from contract_tests.settings import Settings, fuzz_examples, seconds_of


def settings_of(given: RunOptions) -> Settings:
    """The settings but for the contract. Raises SettingsError."""
    return Settings(
        contract="",
        gateway=given["gateway"],
        token=token_of(given),
        upstream=given["upstream"],
        overlays=given["overlays"],
        report=given["report"] or Path("report"),
        strict=given["strict"],
        seed=given["seed"],
        jobs=given["jobs"],
        budget=given["budget"],
        fuzz=fuzz_examples(given["fuzz"], given["fuzz_time"], given["gateway"], given["upstream"]),
        fuzz_seconds=seconds_of(given["fuzz_time"] or "0"),
        limits=Limits(answer=given["timeout"], per_image=given["per_image"]),
        access=access_of(given),
        require_judged=given["require_judged"],
    )
