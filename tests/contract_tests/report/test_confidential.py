"""A secret is taken out of a report in every way in which a gateway may have written it."""

import base64
import json
from urllib.parse import quote

import pytest

from contract_tests.report.confidential import without_secrets


@pytest.mark.parametrize("secret", ["a-word-that-is-plain", 'quo"te\\back', "it's $HOME `id`", "tokünï漢字"])
def test_a_secret_is_found_in_every_spelling(secret: str) -> None:
    spelt = [
        secret,
        quote(secret, safe=""),
        json.dumps(secret),
        json.dumps(secret, ensure_ascii=False),
        base64.b64encode(secret.encode()).decode(),
        secret.encode().decode("latin-1"),
    ]
    for text in spelt:
        shown = without_secrets(f"before {text} after", [secret])
        assert shown.replace('"', "") == "before [redacted] after"
