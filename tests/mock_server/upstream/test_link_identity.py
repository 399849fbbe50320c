"""The images behind links are told apart, whoever made them."""

import asyncio

import httpx

from mock_server.upstream.dashscope import messages
from mock_server.upstream.forward import linked_identities
from tests.mock_server.served import ServedStub, canned
from tests.mock_server.tasks_served import generation


def identities(*links: str) -> tuple[str, ...]:
    async def told() -> tuple[str, ...]:
        async with httpx.AsyncClient(trust_env=False) as http:
            return await linked_identities(http, links)

    return asyncio.run(told())


def test_an_image_of_the_stub_is_known_by_its_own_identity(stub: ServedStub) -> None:
    links = messages.image_links(stub.call(generation(n=3)).json())
    assert identities(*links) == stub.last.images


def test_an_image_that_carries_none_is_known_by_its_link() -> None:
    with canned(200, b"") as url:
        one, other, again = identities(f"{url}/1.png", f"{url}/2.png", f"{url}/1.png")
    assert one == again != other


def test_a_link_that_leads_nowhere_has_an_identity_as_well() -> None:
    links = ("http://127.0.0.1:1/1.png", "http://[", "http://xn--a/1.png", "nowhere", "")
    assert len(set(identities(*links))) == len(links)


def test_no_links_are_no_images() -> None:
    assert identities() == ()
