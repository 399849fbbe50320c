"""The pictures of upstream calls that must get those of equal calls: coloured, since their pixels are compared."""

from dataclasses import dataclass, field

from contract_tests.client.correlation import correlation_ids, without_ids
from contract_tests.execution.blank_images import blank_image, coloured_image
from gateway_contract.contract.definition import Upstream
from gateway_contract.values.json_value import Json
from mock_server.images.picture import Picture
from mock_server.images.requested import identities, requested_pictures
from mock_server.upstream.protocol import StubOptions, UpstreamProtocol

SEED = 0


@dataclass(frozen=True, slots=True)
class SamePictures:
    """Calls with one of the `marks` get pictures that follow from all else that they say; `coloured` are identities."""

    protocol: UpstreamProtocol
    options: StubOptions
    marks: set[str] = field(default_factory=set)
    coloured: set[str] = field(default_factory=set)

    def pictures_of(self, called: Upstream, body: Json) -> list[Picture] | None:
        """The pictures of a call of an operation; None for a call without such a mark."""
        if not correlation_ids(body) & self.marks:
            return None
        call = self.protocol.with_defaults(called, without_ids(body), self.options)
        pictures = requested_pictures(called, call, SEED)
        self.coloured.update(identities(pictures))
        return pictures

    def draw(self, picture: Picture) -> bytes:
        return coloured_image(picture) if picture.identity in self.coloured else blank_image(picture)
