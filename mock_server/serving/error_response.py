"""An error of the gateway, before it takes the shape of its contract."""

from dataclasses import dataclass

from gateway_contract.values.json_value import Json

MOCK_ERROR = {"x-mock-error": "true"}


@dataclass(frozen=True, slots=True)
class ErrorResponse:
    """An error. `param` is the path of the field it is about, if any; `retry_after` is the header of that name."""

    status: int
    type: str
    code: str
    message: str
    param: str | None = None
    retry_after: str | None = None

    @property
    def fields(self) -> dict[str, Json]:
        """The fields of an error object of the OpenAI API."""
        return {"message": self.message, "type": self.type, "code": self.code, "param": self.param}


BAD_GATEWAY = ErrorResponse(502, "upstream_error", "bad_gateway", "The image service gave no usable answer.")
