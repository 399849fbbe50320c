"""The page of a report: complete in itself, harmless whatever a gateway says, and usable by keyboard."""

import re
from base64 import b64decode
from dataclasses import replace
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Literal

import pytest
from PIL import Image as Pillow
from playwright.async_api import Browser, Page, expect

from contract_tests.report.html_page import render_page
from contract_tests.report.json_report import write_report
from contract_tests.report.renderings import write_renderings
from contract_tests.report.stored_report import read_reports
from contract_tests.report.thumbnails import MOST_THUMBNAILS, report_thumbnails
from contract_tests.results import Cost, Run, Verdict
from contract_tests.waivers import Waiver
from gateway_contract.document.node import Place
from gateway_contract.rules.rule import RuleKind
from gateway_contract.traffic.exchange import BrokenImage, Exchange
from gateway_contract.values.json_value import Json
from mock_server.images.drawing import draw
from mock_server.images.picture import Picture
from mock_server.images.thumbnails import SIDE
from tests.browser import blank_page
from tests.clients.node import npm_package
from tests.contract_tests.report_examples import (
    DOCUMENTED,
    EXPECTED,
    LOST_SEED,
    TOKEN,
    answering,
    clean_run,
    exchange,
    failed,
    image,
    mixed_run,
    passed,
    rule,
    run_of,
)
from tests.report_picture import PICTURE

Scheme = Literal["light", "dark"]
HOSTILE = "</script><script>document.title='taken'</script><img src=http://evil.example/x onerror=alert(1)>"


def page_of(folder: Path, *runs: Run) -> str:
    homes = [write_report(run, folder, (TOKEN,)).parent for run in runs]
    return render_page(read_reports(homes)).decode()


def written(folder: Path, homes: list[Path]) -> Path:
    write_renderings(folder, read_reports(homes))
    return folder / "index.html"


def state_of(page: str, rule: str) -> str:
    found = re.search(rf'id="{re.escape(rule)}" data-states="([^"]*)"', page)
    assert found is not None
    return found[1]


def test_it_loads_nothing_and_runs_only_its_own_script(tmp_path: Path) -> None:
    page = page_of(tmp_path, mixed_run())
    assert not re.search(r"<(link|img|iframe|object|embed|base)\b|\bsrc=|@import|url\(", page)
    assert "img-src data:;" in page
    assert page.count("<script>") == page.count("<style>") == 1
    assert "default-src &#39;none&#39;" in page
    assert TOKEN not in page


def test_what_a_gateway_says_is_text(tmp_path: Path) -> None:
    answer = answering({"error": {"message": HOSTILE, "code": HOSTILE}}, 400)
    page = page_of(tmp_path, run_of(failed(DOCUMENTED[0], HOSTILE, HOSTILE, exchange(answer=answer))))
    assert page.count("<script>") == 1
    assert "&lt;/script&gt;" in page
    assert "<img" not in page


def test_a_failure_shows_request_upstream_call_and_response_with_what_the_rule_is_about_marked(tmp_path: Path) -> None:
    page = page_of(tmp_path, run_of(LOST_SEED))
    assert re.findall(r"<figcaption><b>(.*?)</b>", page) == ["request", "upstream call", "response"] * 2
    assert re.search(r"<mark>\s*&#34;seed&#34;: 0</mark>", page)
    assert "<dt>request</dt><dd>&#34;seed&#34;: 0</dd>" in page
    assert "<dt>expected</dt><dd>0 at /parameters/seed</dd>" in page
    assert "<mark>/parameters/seed: dropped</mark>" in page
    assert re.search(r"check-gateway rerun \S*/powerbuyin/exchanges/0001\.json", page)


def test_each_state_of_a_rule_is_told(tmp_path: Path) -> None:
    waiver = Waiver(Place(Path("w.yaml"), 1), "x", "known", date(2026, 1, 9))
    waived = replace(failed(DOCUMENTED[1], "a", "b"), verdict=Verdict.WAIVED, waiver=waiver)
    run = run_of(failed(DOCUMENTED[0], "a", "b"), waived, failed(EXPECTED[0], "a", "b"))
    page = page_of(tmp_path, run)
    states = [state_of(page, one.rule.id) for one in run.verdicts]
    assert states == ["fail", "waived", "warn"]
    assert "Waived until 2026-01-09: known" in page
    assert state_of(page_of(tmp_path, replace(run, options=())), EXPECTED[0].id) == "warn"


def test_a_long_line_is_cut_unless_the_rule_is_about_it(tmp_path: Path) -> None:
    body: Json = {"data": [{"url": "u" * 500}], "seed": "s" * 500}
    page = page_of(tmp_path, run_of(failed(LOST_SEED.rule, "a", "b", exchange(answer=answering(body)))))
    assert re.search(r"u\.\.\. 2\d\d characters more", page)
    assert "s" * 500 in page


def test_the_picture_for_the_documentation_is_small() -> None:
    assert 0 < PICTURE.stat().st_size < 300_000
    assert f"]({PICTURE.name})" in (PICTURE.parent / "ci.md").read_text("utf-8")


def test_several_gateways_stand_side_by_side(tmp_path: Path) -> None:
    page = page_of(tmp_path, replace(run_of(LOST_SEED), name="staging"), replace(clean_run(), name="canary"))
    assert state_of(page, LOST_SEED.rule.id) == "fail pass"
    assert 'cell fail"><span class="name">staging:</span> fail<' in page
    assert 'cell pass"><span class="name">canary:</span> pass<' in page


def test_a_run_that_was_no_test_says_why(tmp_path: Path) -> None:
    assert "connection refused" in page_of(tmp_path, run_of(not_tested="connection refused"))


def test_a_failure_shows_the_images_of_its_response_small_or_says_why_one_is_none(tmp_path: Path) -> None:
    small = draw(Picture("0123456789abcdef", 1024, 512, "", "", "a", marked=False))
    own, broken = replace(image(), preview=small), BrokenImage("url", "", "a PNG image that is cut")
    images = ((own,), (broken,), (replace(own, identity="a-hare"),))
    page = page_of(tmp_path, run_of(failed(DOCUMENTED[0], "a", "b", replace(exchange(), images=images))))
    found = re.search(r'<img src="data:image/png;base64,(.*?)" alt=""> image 1: PNG 1024x1024</li>', page)
    assert found is not None
    with Pillow.open(BytesIO(b64decode(found[1]))) as thumbnail:
        assert thumbnail.size == (SIDE, SIDE // 2)
    assert "<li>image 2: a PNG image that is cut</li>" in page
    assert "image 3: PNG 1024x1024, which another upstream call made</li>" in page


def test_images_that_a_rule_may_be_about_come_first_and_a_page_shows_forty_at_most(tmp_path: Path) -> None:
    small = draw(Picture("0123456789abcdef", 64, 64, "", "", "a", marked=False))

    def delivering(name: str) -> Exchange:
        images = tuple((replace(image(), preview=small, digest=f"{name}{number}"),) for number in range(6))
        return replace(exchange(), images=images)

    others = [failed(one, "a", "b", delivering(one.id)) for one in DOCUMENTED if one.kind is RuleKind.RANGE][:9]
    of_images = failed(rule("images/own"), "a", "b", delivering("own"))
    made = report_thumbnails(run_of(*others, of_images))
    assert len(made) == MOST_THUMBNAILS
    assert "own5" in list(made)[:6]
    page = page_of(tmp_path, *(replace(run_of(*others, of_images), name=name) for name in ("staging", "canary")))
    assert page.count("<img ") == MOST_THUMBNAILS


def test_what_a_run_cost_is_counted(tmp_path: Path) -> None:
    few = replace(clean_run(), name="few", cost=Cost(requests=1, images=1))
    many = replace(clean_run(), name="many", cost=Cost(requests=1234, images=61))
    page = page_of(tmp_path, few, many)
    assert re.findall("<dt>cost</dt><dd>(.*?)</dd>", page) == ["1 request, 1 image", "1,234 requests, 61 images"]


def test_a_thousand_failing_exchanges_stay_below_five_megabytes(tmp_path: Path) -> None:
    many = [exchange(answer=answering({"data": [{"url": "<&" * 250}] * 20})) for _ in range(8)]
    run = run_of(*(failed(rule, "a", "b", *many) for rule in (*DOCUMENTED, *EXPECTED)))
    homes = [write_report(replace(run, name=name), tmp_path, ()).parent for name in ("staging", "canary")]
    assert written(tmp_path, homes).stat().st_size < 5_000_000


JUDGE = """async (rules) => {
  document.querySelectorAll("details").forEach((one) => { one.open = true; one.style.contentVisibility = "visible"; });
  document.querySelectorAll("[type=checkbox]:not(:checked)").forEach((one) => one.click());
  const only = rules.length ? { runOnly: { type: "rule", values: rules } } : {};
  return (await axe.run({ resultTypes: ["violations"], ...only })).violations
    .flatMap(({ id, help, nodes }) => nodes.map((node) => `${id}: ${help}: ${node.html.slice(0, 200)}`));
}"""


def every_state(folder: Path) -> Path:
    """A page with each state of a rule, each verdict, and more than one gateway."""
    waiver = Waiver(Place(Path("w.yaml"), 1), "x", "known", date(2026, 1, 9))
    waived = replace(failed(DOCUMENTED[1], "a", "b"), verdict=Verdict.WAIVED, waiver=waiver)
    mixed = mixed_run()
    runs = [
        replace(mixed, name="staging", verdicts=(*mixed.verdicts[:8], waived, failed(EXPECTED[1], "a", "b"))),
        replace(run_of(*map(passed, DOCUMENTED[:3])), name="canary", stale_waivers=(waiver,)),
        replace(run_of(not_tested="connection refused"), name="closed"),
    ]
    return written(folder, [write_report(run, folder, (TOKEN,)).parent for run in runs])


@pytest.mark.slow
@pytest.mark.anyio
async def test_axe_finds_no_violation(browser: Browser, tmp_path: Path) -> None:
    path = every_state(tmp_path)
    axe = (npm_package("axe-core") / "axe.min.js").read_text("utf-8")
    schemes: list[tuple[Scheme, int, list[str]]] = [("light", 1280, []), ("dark", 390, ["color-contrast"])]
    for scheme, width, rules in schemes:
        async with blank_page(browser) as page:
            await page.emulate_media(color_scheme=scheme)
            await page.set_viewport_size({"width": width, "height": 800})
            await page.goto(path.as_uri())
            await page.evaluate(axe)
            assert await page.evaluate(JUDGE, rules) == []
            assert await page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.anyio
async def test_keys_move_search_and_open_and_no_request_leaves(page: Page, tmp_path: Path) -> None:
    homes = [write_report(mixed_run(), tmp_path, ()).parent]
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.set_viewport_size({"width": 390, "height": 800})
    path = written(tmp_path, homes)
    await page.goto(path.as_uri())
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390
    first, second = page.locator(".rule").nth(0), page.locator(".rule").nth(1)
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    was_open = await second.get_attribute("open") is not None
    await page.keyboard.press("o")
    assert (await second.get_attribute("open") is not None) is not was_open
    await page.keyboard.press("k")
    assert await first.evaluate("rule => rule.contains(document.activeElement)")
    await page.keyboard.press("/")
    await page.keyboard.type("preserves-0")
    assert (await page.inner_text("#shown")).startswith("1 of ")
    await page.keyboard.press("Enter")
    assert await first.evaluate("rule => rule.contains(document.activeElement)")
    await first.locator(".copy button").first.click()
    await expect(first.locator(".copy button").first).to_have_text(re.compile("copied|selected"))
    await page.keyboard.press("/")
    await page.keyboard.press("Escape")
    passed_rule = page.locator(f"[id='{DOCUMENTED[0].id}']")
    assert await passed_rule.is_hidden()
    await page.evaluate(f"location.hash = '{DOCUMENTED[0].id}'")
    await expect(passed_rule).to_be_visible()
    await page.locator("[value=fail]").uncheck()
    assert await first.is_hidden()
    assert asked == [path.as_uri()]
