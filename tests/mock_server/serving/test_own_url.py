import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route

from mock_server.serving.asgi import own_url
from mock_server.serving.server import serving


async def tell(request: Request) -> Response:
    return PlainTextResponse(own_url(request.scope))


INNER = Starlette(routes=[Route("/deep/path", tell)])
APP = Starlette(routes=[Route("/deep/path", tell), Mount("/mock", INNER)])


@pytest.mark.parametrize("mount", ["", "/mock"])
def test_an_application_knows_where_its_client_found_it(mount: str) -> None:
    with serving(APP) as url:
        assert httpx.get(f"{url}{mount}/deep/path?a=b", trust_env=False).text == url + mount


def test_the_name_that_the_client_knows_is_the_one_that_counts() -> None:
    with serving(APP) as url:
        answer = httpx.get(f"{url}/mock/deep/path", headers={"host": "mock.example:81"}, trust_env=False)
    assert answer.text == "http://mock.example:81/mock"
