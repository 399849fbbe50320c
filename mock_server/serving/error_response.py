"""TODO docstring."""

from dataclasses import dataclass

from gateway_contract.values.json_value import Json

OF_THE_MOCK = {"x-mock-error": "true"}


@dataclass(frozen=True, slots=True)
class Refusal:
    """`param` is the path of the field that the error is about, if any; `retry_after` the header of that name."""

    status: int
    type: str
    code: str
    message: str
    param: str | None = None
    retry_after: str | None = None

    @property
    def told(self) -> dict[str, Json]:
        """What it tells, by the names of the OpenAI API."""
        return {"message": self.message, "type": self.type, "code": self.code, "param": self.param}


UPSTREAM_BROKE = Refusal(502, "upstream_error", "bad_gateway", "The image service gave no usable answer.")
