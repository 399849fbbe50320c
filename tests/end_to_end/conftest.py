"""What tests of whole runs have in common."""

import pytest

from tests.end_to_end.certificates import Certificates, issue_certificates


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return issue_certificates(tmp_path_factory.mktemp("certificates"))
