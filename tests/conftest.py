"""What holds for all tests of the project."""

from hypothesis import settings

# A busy machine is slow, and that is nobody's fault; and what is green once stays green until the code changes.
settings.register_profile("project", deadline=None, derandomize=True, database=None)
settings.load_profile("project")
