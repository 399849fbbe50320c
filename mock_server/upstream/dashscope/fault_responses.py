"""The vendor's error for each fault that it has one for."""

from collections.abc import Mapping
from typing import Final

from mock_server.faults import fault
from mock_server.faults.fault import RETRY_AFTER, Fault
from mock_server.upstream.dashscope.messages import UNSERVED, WRONG_KEY, VendorError
from mock_server.upstream.protocol import Reply

BUSY = "Requests rate limit exceeded, please try again later."
BROKEN = "An internal error has occured, please try again later or contact service support."
INFERENCE_ERROR = VendorError(500, "InternalError.Algo", "inference internal error.")
MODERATED_OUTPUT = VendorError(400, "DataInspectionFailed", "Output data may contain inappropriate content.")
ERRORS: Final[Mapping[str, VendorError]] = {
    "bad-request": VendorError(400, "InvalidParameter", "num_images_per_prompt must be 1"),
    "moderation": VendorError(400, "DataInspectionFailed", "Input data may contain inappropriate content."),
    "moderation-output": MODERATED_OUTPUT,
    "unauthorized": WRONG_KEY,
    "forbidden": UNSERVED,
    "no-credit": VendorError(400, "Arrearage", "Access denied, please make sure your account is in good standing."),
    "rate-limit": VendorError(429, "Throttling", "Requests throttling triggered."),
    "rate-limit(retry_after=2)": VendorError(429, "Throttling.RateQuota", BUSY),
    "server-error": VendorError(500, "InternalError", BROKEN),
    "server-error(code=InternalError.Algo)": INFERENCE_ERROR,
    "unavailable": VendorError(503, "ModelUnavailable", "Model is unavailable."),
    "unavailable(code=ModelServingError)": VendorError(503, "ModelServingError", "Model serving error."),
    "error-with-200": VendorError(200, "InternalError", BROKEN),
}
OTHER_CODES: Final = {"server-error": "InternalError.Algo", "unavailable": "ModelServingError"}


def _with_other_codes(known: Fault) -> list[Fault]:
    code = OTHER_CODES.get(known.name)
    return [known] if code is None else [known, Fault(known.name, known.cause, (("code", code),))]


FAULTS: Final = tuple(each for known in fault.FAULTS for each in _with_other_codes(known))


def error(played: Fault) -> Reply | None:
    """The vendor's error for a fault; None for a fault of another kind."""
    found = ERRORS.get(str(played))
    if found is None:
        return None
    retry_after = played.parameter(RETRY_AFTER)
    return found.reply({} if retry_after is None else {"retry-after": retry_after})
