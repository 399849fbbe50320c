"""What a mock is at the moment, for programs: what it serves and where, and what can be seen and switched."""

from gateway_contract.values import Json
from mock_server.mock import Mock, Served
from mock_server.upstream.stub import UpstreamStub


def overview(mock: Mock, own: str) -> Json:
    """`own` is the mock's URL as the client knows it. `problem` is what was wrong with contracts when last read."""
    return {
        "gateways": {name: _gateway(served, f"{own}/{name}") for name, served in mock.served.items()},
        "upstreams": {name: _stub(stub, f"{own}/{name}") for name, stub in mock.stubs.items()},
        "mode": mock.controls.mode.value,
        "defect": mock.settings.defect,
        "problem": mock.problem,
        "journal": {"kept": len(mock.journal.kept), "most": mock.journal.most, "last": mock.journal.last},
        "links": links(own),
    }


def links(own: str) -> dict[str, Json]:
    paths = {
        "requests": "/requests",
        "har": "/requests.har",
        "events": "/events",
        "assert": "/assert",
        "mode": "/mode",
        "scenarios": "/scenarios",
        "scenario": "/scenario",
        "reset": "/reset",
        "openapi": "/openapi.json",
    }
    return {name: f"{own}/_mock{path}" for name, path in paths.items()}


def _gateway(served: Served, base: str) -> Json:
    operation = served.gateway.contract.operation
    return {"base": base, "method": operation.method, "address": base + operation.path}


def _stub(stub: UpstreamStub, base: str) -> Json:
    return {"base": base, "method": stub.upstream.operation.method, "address": base + stub.path}
