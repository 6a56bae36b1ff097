# SPDX-License-Identifier: GPL-2.0-only
"""The report in a real browser: all of it is there and can be read, in light and dark, on a screen
and on a phone.
"""

import pytest

from figures import full_page
from ghes_ab import page, plots

try:
    from selenium import webdriver
except ImportError:
    webdriver = None

# Case by case, so that they are counted.
pytestmark = pytest.mark.skipif(
    webdriver is None,
    reason=(
        "no browser to look at the report with: make test T=--full "
        "brings one (or scripts/fetch tools browser)"
    ),
)

DRIVER = "/usr/bin/chromedriver"
# WCAG 2.1: text, and what is drawn.
READABLE, VISIBLE = 4.5, 3.0

# The browser's own idea of the page: every text and every drawn line with its colour, what is
# behind it and where it is.
LOOK = r"""
const rgb = text => (text.match(/[\d.]+/g) || []).map(Number);
const behind = element => {
  for (let e = element; e; e = e.parentElement) {
    const c = rgb(getComputedStyle(e).backgroundColor);
    if (c.length === 3 || c[3] > 0) return c.slice(0, 3);
  }
  return [255, 255, 255];
};
const box = e => {
  const r = e.getBoundingClientRect();
  return [r.left, r.top, r.right, r.bottom];
};
const own = e => [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
const seen = e => own(e) && e.getClientRects().length;
const texts = [...document.querySelectorAll('body *')].filter(seen).map(e => {
  const s = getComputedStyle(e);
  const colour = rgb(e.closest('svg') ? s.fill : s.color);
  return {text: e.textContent.trim(), colour, behind: behind(e), box: box(e)};
});
const drawings = [...document.querySelectorAll('svg')].map(svg => ({
  box: box(svg),
  behind: behind(svg),
  texts: [...svg.querySelectorAll('text')].filter(t => t.textContent.trim()).map(t => (
      {text: t.textContent.trim(), box: box(t)})),
  drawn: [...svg.querySelectorAll('path, polygon, circle, use')].filter(
      p => !p.closest('defs')).map(p => {
    const s = getComputedStyle(p), stroke = s.stroke !== 'none';
    const colour = rgb(stroke ? s.stroke : s.fill);
    return {colour, box: box(p), none: !stroke && s.fill === 'none'};
  }).filter(p => !p.none),
}));
return {texts, drawings, page: behind(document.body), width: document.documentElement.scrollWidth,
        window: innerWidth, asked: performance.getEntriesByType('resource').map(e => e.name)};
"""


@pytest.fixture(scope="module")
def browser():
    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(service=webdriver.chrome.service.Service(DRIVER), options=options)
    driver.set_page_load_timeout(60)
    yield driver
    driver.quit()


def luminance(colour: list[float]) -> float:
    linear = [
        c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4
        for c in (value / 255 for value in colour[:3])
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: list[float], other: list[float]) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def overlap(one: list[float], other: list[float]) -> bool:
    """By more than the room around letters."""
    return (
        min(one[2], other[2]) - max(one[0], other[0]) > 2
        and min(one[3], other[3]) - max(one[1], other[1]) > 4
    )


def show(browser, html: str, file, scheme: str, width: int) -> dict:
    file.write_text(html)
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia",
        {"features": [{"name": "prefers-color-scheme", "value": scheme}]},
    )
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False},
    )
    browser.get(file.as_uri())
    return browser.execute_script(LOOK)


@pytest.mark.parametrize("width", [1400, 400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_report_can_be_read(browser, tmp_path, scheme, width):
    parts = full_page()
    seen = show(browser, page.html(parts), tmp_path / "report.html", scheme, width)
    assert not browser.get_log("browser")
    assert not seen["asked"], "the page asks for something"
    assert seen["width"] <= seen["window"] == width, "the page is wider than the window"
    assert (luminance(seen["page"]) > 0.5) == (scheme == "light")
    assert len(seen["texts"]) > 100
    faint = {
        (each["text"], round(contrast(each["colour"], each["behind"]), 1))
        for each in seen["texts"]
        if contrast(each["colour"], each["behind"]) < READABLE
    }
    assert not faint, f"text that hardly differs from what is behind it: {faint}"

    assert len(seen["drawings"]) == len(plots.every(parts)) == 6
    for plot, drawing in zip(plots.every(parts), seen["drawings"]):
        left, top, right, bottom = drawing["box"]
        assert (
            right - left >= min(500, 0.8 * width) and bottom - top > 150
        ), f"{plot.title}: too small"
        texts = [each["text"] for each in drawing["texts"]]
        for wanted in (plot.title, plot.y, *(series.title for series in plot.series)):
            assert wanted in texts, f"{plot.title}: '{wanted}' is not there"
        for each in drawing["texts"] + drawing["drawn"]:
            box = each["box"]
            assert (
                box[0] >= left - 1
                and box[1] >= top - 1
                and box[2] <= right + 1
                and box[3] <= bottom + 1
            ), f"{plot.title}: {each} is cut off"
        for n, one in enumerate(drawing["texts"]):
            for other in drawing["texts"][n + 1 :]:
                assert not overlap(
                    one["box"], other["box"]
                ), f"{plot.title}: '{one['text']}' is over '{other['text']}'"
        seen_lines = {
            tuple(each["colour"])
            for each in drawing["drawn"]
            if contrast(each["colour"], drawing["behind"]) >= VISIBLE
        }
        assert (
            len(seen_lines) >= 3
        ), f"{plot.title}: axes and both drivers must be seen, there are {seen_lines}"
