"""What sends requests to the gateway under test, as the settings say."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from contract_tests.client.kept_connection import open_kept_connection
from contract_tests.client.pace import Pace
from contract_tests.client.send import Sender
from contract_tests.client.tokens import Tokens
from contract_tests.client.transport import open_transport
from contract_tests.execution.observer import UpstreamObserver
from contract_tests.settings import Settings
from contract_tests.target import GatewayTarget, hosts_of_images, open_downloads
from gateway_contract.contract.definition import Contract
from gateway_contract.values.json_value import read_json


@asynccontextmanager
async def open_sender(
    contract: Contract, settings: Settings, found: GatewayTarget, observer: UpstreamObserver | None
) -> AsyncIterator[Sender]:
    """A sender with connections of its own, closed at the end."""
    access = settings.access

    def was_acted_on(request: httpx.Request) -> bool:
        return observer is not None and observer.is_called(read_json(request.content))

    kept_open = open_kept_connection(access, was_acted_on, settings.jobs)
    downloads_open = open_downloads(settings, observer)
    async with open_transport(access) as transport, kept_open as kept, downloads_open as downloads:
        yield Sender(
            contract=contract,
            transport=transport,
            gateway=found.url,
            tokens=found.tokens or Tokens(found.token),
            images=await hosts_of_images(found.url, observer, settings),
            limits=settings.limits,
            upstream_address=None if observer is None else observer.address,
            from_here=str if observer is None else observer.reachable_url,
            is_called=(lambda _: True) if observer is None else observer.is_called,
            access=access,
            downloads=downloads,
            kept_connection=kept,
            pace=Pace(settings.interval),
        )
