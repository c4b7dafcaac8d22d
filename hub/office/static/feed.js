// Keeps the feed alive: opens the stream that #results names, lays its rows into the table in the order of their
// arrival, and says so within seconds when nothing is heard any more. No row is lost over a gap: the stream is
// opened again after the last cursor that was heard.
"use strict";
(() => {
  const LOST_AFTER = 5000, RETRY_AFTER = 1000, MOST_ROWS = 400, FRESH_FOR = 4000;
  const board = document.getElementById("board");
  const lost = document.getElementById("lost");
  let source = null, silence = 0, retry = 0, cursor = "", stream = null;

  const results = () => document.getElementById("results");
  const rows = () => document.getElementById("rows");

  function show(state) {
    document.body.dataset.link = state;
    lost.hidden = state !== "lost";
  }

  function heard() {
    clearTimeout(silence);
    silence = setTimeout(broken, LOST_AFTER);
    show("live");
  }

  function broken() {
    close();
    show("lost");
    retry = setTimeout(open, RETRY_AFTER);
    askWhetherLoggedOut();
  }

  // A stream that is refused says not why; a page says it by sending us to the login.
  async function askWhetherLoggedOut() {
    try {
      const answer = await fetch("/quarantine", { redirect: "manual", headers: { Accept: "text/html" } });
      if (answer.type === "opaqueredirect") location.reload();
    } catch { /* the hub is away; the stream tries again */ }
  }

  function close() {
    clearTimeout(silence);
    clearTimeout(retry);
    if (source) source.close();
    source = null;
  }

  function open() {
    close();
    const address = new URL(stream || "/feed/events", location.href);
    address.searchParams.set("after", cursor);
    source = new EventSource(address);
    silence = setTimeout(broken, LOST_AFTER);
    source.addEventListener("error", broken);
    source.addEventListener("beat", (event) => { if (event.lastEventId) cursor = event.lastEventId; heard(); });
    source.addEventListener("tiles", (event) => { board.innerHTML = event.data; heard(); });
    source.addEventListener("passage", (event) => { lay(event.data, true); heard(); });
    source.addEventListener("amendment", (event) => { lay(event.data, false); heard(); });
    source.addEventListener("reset", () => location.reload());
  }

  function lay(html, wanted) {
    // Older pages stand still; only their tiles are live.
    const body = rows();
    if (!stream || !body) return;
    const holder = document.createElement("template");
    holder.innerHTML = html;
    const row = holder.content.querySelector("tr");
    const there = body.querySelector(`tr[data-record="${CSS.escape(row.dataset.record)}"]`);
    if (there) replace(there, row);
    else if (wanted) insert(body, row);
  }

  function replace(there, row) {
    if (there.innerHTML === row.innerHTML) return;
    mark(row, "changed");
    there.replaceWith(row);
  }

  function insert(body, row) {
    const arrival = Number(row.dataset.arrival);
    const next = [...body.rows].find((each) => Number(each.dataset.arrival) < arrival);
    const older = document.getElementById("older");
    // Something from further back than this page reaches belongs to an older page.
    if (!next && older && body.rows.length) return;
    mark(row, "fresh");
    body.insertBefore(row, next || null);
    if (body.rows.length > MOST_ROWS && older) trim(body, older);
  }

  function trim(body, older) {
    while (body.rows.length > MOST_ROWS) body.lastElementChild.remove();
    const address = new URL(older.href);
    address.searchParams.set("before", body.lastElementChild.dataset.arrival);
    older.href = address;
  }

  function mark(row, how) {
    row.classList.add(how);
    setTimeout(() => row.classList.remove(how), FRESH_FOR);
  }

  function begin() {
    const section = results();
    stream = section.dataset.stream || null;
    cursor = section.dataset.cursor || "";
    show("connecting");
    open();
  }

  // A changed filter brings a new #results: follow it.
  new MutationObserver(() => {
    const section = results();
    if (section && !section.dataset.followed) { section.dataset.followed = "1"; begin(); }
  }).observe(document.querySelector("main"), { childList: true, subtree: true });

  // Folded on a phone, always there on a desk.
  const box = document.getElementById("filter-box");
  const desk = matchMedia("(min-width: 700px)");
  const unfold = () => { box.open = desk.matches; };
  desk.addEventListener("change", unfold);
  unfold();

  results().dataset.followed = "1";
  begin();
})();
