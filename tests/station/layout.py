"""What may not be wrong with a screen, whatever it shows: asked of the page in Chromium.

Used by the tests of the screens. Rule: all in view, nothing over another, no text cut, every target at least 64 px.
"""

from playwright.sync_api import Page

_SEEN = """
const LAYER = 'main > section, .grounds';
const box = (e) => e.getBoundingClientRect();
const seen = (e) => {
  const { width, height } = box(e);
  return width > 0 && height > 0 && e.checkVisibility({ visibilityProperty: true }) && !e.closest('svg, .watermark');
};
/* What lies in a list that scrolls may be out of view; it is reached by a stroke. */
const scrolls = (e) => e.closest('[data-scrolls]') !== null;
const behind = (e) => {
  const { left, top, width, height } = box(e);
  const hit = document.elementFromPoint(left + width / 2, top + height / 2);
  return hit !== null && hit.closest(LAYER) !== e.closest(LAYER);
};
const named = (e) => `${e.tagName}#${e.id}.${e.className} ${e.textContent.trim().slice(0, 24)}`;
"""
OFF_SCREEN = (
    "() => {"
    + _SEEN
    + """return [...document.querySelectorAll('.bar *, .fire *, main *')].filter((e) => {
  const { right, bottom, left, top } = box(e);
  const glass = (e.closest('main') ?? document.documentElement).getBoundingClientRect();
  const off = right > glass.right + 1 || bottom > glass.bottom + 1 || left < glass.left - 1 || top < glass.top - 1;
  return seen(e) && !scrolls(e) && off;
}).map(named); }"""
)
SMALL = (
    "() => {"
    + _SEEN
    + """return [...document.querySelectorAll('button, input')].filter((e) => {
  const { width, height } = box(e);
  return seen(e) && (width < 63.9 || height < 63.9);
}).map(named); }"""
)
# Only what may end in dots, by its look, may be longer than its place.
CUT = (
    "() => {"
    + _SEEN
    + """return [...document.querySelectorAll('.bar *, .fire *, main *')].filter((e) => {
  if (!seen(e) || behind(e) || e.matches('canvas, [data-scrolls]')) return false;
  const look = getComputedStyle(e);
  if (look.display === 'inline' || look.textOverflow === 'ellipsis') return false;
  const text = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
  if (!text && e.tagName !== 'BUTTON') return false;
  const shut = e.tagName === 'BUTTON' || look.overflowY !== 'visible';
  return e.scrollWidth > e.clientWidth + 2 || (shut && e.scrollHeight > e.clientHeight + 2);
}).map(named); }"""
)
OVERLAPS = (
    "() => {"
    + _SEEN
    + """const touching = [...document.querySelectorAll('button, input, h1, h2, p, li, time, canvas, .facts')]
    .filter((e) => seen(e) && !scrolls(e) && !behind(e) && !e.matches('#no-picture'));
  const hits = [];
  touching.forEach((a, at) => touching.slice(at + 1).forEach((b) => {
    const one = box(a), two = box(b);
    const over = one.left < two.right - 1.5 && two.left < one.right - 1.5
      && one.top < two.bottom - 1.5 && two.top < one.bottom - 1.5;
    if (over && !a.contains(b) && !b.contains(a)) hits.push(`${named(a)} / ${named(b)}`);
  }));
  return hits; }"""
)


def assert_fits(page: Page, what: str) -> None:
    """All four at once, so that a failure tells everything that is wrong with this screen."""
    page.locator("html[data-armed]").wait_for()
    wrong = {
        "off the screen": page.evaluate(OFF_SCREEN),
        "too small": page.evaluate(SMALL),
        "cut": page.evaluate(CUT),
        "one over another": page.evaluate(OVERLAPS),
    }
    assert not any(wrong.values()), f"{what}: { {kind: found[:6] for kind, found in wrong.items() if found} }"
