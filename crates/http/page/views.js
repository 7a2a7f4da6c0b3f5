// The views; each is an element and how it takes in what is new.
import { h, count, bytes, span, time, title, table } from "./dom.js";
import { graph } from "./graph.js";
import { chart, epochBars, disorderBars } from "./charts.js";
import { largestKeys } from "./keys.js";
import { source, placed } from "./sql.js";

const get = async (path) => (await fetch(path)).json();

export function graphView() {
  const plan = graph((id) => { location.hash = `#/node/${id}`; }), times = h("span");
  const legend = h("p", { class: "soft legend" }, h("i", { class: "busy0" }), "busy below 40 %", h("i", { class: "busy1" }), "below 80 %", h("i", { class: "busy2" }), "more", h("i", { class: "blocked" }), "blocked: rows wait for room behind it ", h("i", { class: "waits" }), "waits, or holds others back ", times);
  let before = null;
  function update(now) {
    plan.update(now);
    const { busy_seconds: busy, blocked_seconds: blocked, idle_seconds: idle } = now.job.shards;
    if (before && before[0] <= busy && busy + blocked + idle > before[0] + before[1] + before[2]) {
      const part = [busy - before[0], blocked - before[1], idle - before[2]], all = part.reduce((a, b) => a + b);
      const share = (i) => `${Math.round((100 * part[i]) / all)} %`;
      // One shard runs on the driver's thread, which does not know when it idles.
      times.textContent = now.job.parallelism > 1 ? `· the shards: ${share(0)} busy, ${share(1)} blocked, ${share(2)} idle` : "";
    }
    before = [busy, blocked, idle];
  }
  return { element: h("div", {}, plan.element, legend), update };
}

const FIGURES = [
  ["Rows in", "rows_in_per_second", (v) => `${count(v, 1)}/s`],
  ["Rows out", "rows_out_per_second", (v) => `${count(v, 1)}/s`],
  ["Busy", "busy_ratio", (v) => `${Math.round(v * 100)} %`],
  ["Blocked", "blocked_ratio", (v) => `${Math.round(v * 100)} %`],
  ["Watermark behind", "watermark_lag_ms", span],
  ["State", "state_bytes", bytes],
  ["Keys", "state_keys", count],
];

export function nodeView(id, history) {
  const head = h("h2", {}, "Node"), facts = h("p", { class: "soft" }), sql = h("div"), state = h("div"), reason = h("div"), keys = largestKeys(id);
  const charts = FIGURES.map(([label, field, format]) => [field, chart(label, format)]);
  const element = h("div", {},
    h("p", {}, h("a", { href: "#/graph" }, "← graph"), " · ", h("a", { href: `#/rows/${id}` }, "live rows")),
    head, facts, reason, h("div", { class: "charts" }, charts.map(([, one]) => one.element)), state, keys.element, sql);
  let shown = null;
  async function files(node) {
    const place = placed(node.location);
    if (!place) return;
    const found = (await get("/api/v1/files")).files.find((file) => file.path === place.path);
    if (found) sql.replaceChildren(h("h2", {}, node.location), source(found, place.line, place.line - 4, place.line + 12));
  }
  function update({ nodes, why }) {
    const node = nodes[id];
    if (!node) {
      head.textContent = `There is no node ${id}`;
      return;
    }
    if (shown !== node.address) {
      shown = node.address;
      head.textContent = title(node);
      facts.textContent = node.description;
      files(node);
    }
    reason.replaceChildren(...why.filter((finding) => finding.node === id).map((finding) => h("p", { class: "warn" }, finding.text)));
    for (const [field, one] of charts) one.update(history.map((nodes) => nodes[id]?.[field] ?? null));
    const rows = node.state.map((one) => [one.name, one.holds, one.kept]);
    if (node.state.length) keys.update();
    const asked = node.lookup && node.lookup.requests ? `; asked ${node.table} ${count(node.lookup.requests)} times for ${count(node.lookup.keys)} keys, ${span((1000 * node.lookup.seconds) / node.lookup.requests)} each, ${count(node.lookup.rows)} rows found, ${count(node.lookup.failed)} failed` : "";
    const total = `${count(node.rows_in)} rows in, ${count(node.rows_out)} out, ${count(node.late_rows)} late; changes ${node.changelog_mode}; address ${node.address}${asked}`;
    state.replaceChildren(h("p", {}, total), rows.length ? table("State tables", [["State"], ["Holds"], ["Kept"]], rows) : h("p", { class: "soft" }, "It keeps no state."));
  }
  return { element, update };
}

export function timeView() {
  const element = h("div");
  function update({ sources }) {
    const marks = sources.flatMap((source) => source.partitions.map((p) => p.watermark_lag_ms)).filter((ms) => ms !== null && ms >= 0);
    const most = 1.5 * Math.max(1000, ...marks);
    const disorder = (source) => {
      const seen = source.disorder, total = seen ? seen.records.reduce((a, b) => a + b, 0) : 0;
      if (!total) return null;
      const enough = seen.enough_ms === null ? "no bound" : span(seen.enough_ms);
      const share = (100 * seen.late_share).toFixed(seen.late_share && seen.late_share < 0.001 ? 3 : 1);
      return h("div", {}, h("p", {}, `${share} % of its records come later than the watermark, which trails by ${span(seen.delay_ms)}; ${enough} would keep 99.9 %`), disorderBars(seen));
    };
    element.replaceChildren(...sources.map((source) => {
      const slowest = source.partitions.filter((p) => !p.idle && !p.ended).sort((a, b) => (b.watermark_lag_ms ?? Infinity) - (a.watermark_lag_ms ?? Infinity))[0];
      const rows = source.partitions.slice(0, 200).map((p) => {
        const lag = p.watermark_lag_ms;
        const fill = h("i");
        fill.style.width = lag === null ? "0" : `${Math.max(0, 100 - (Math.max(0, lag) / most) * 100)}%`;
        // A second more or less is how records happen to come.
        const held = p === slowest && (lag === null || source.partitions.some((other) => other.watermark_lag_ms !== null && other.watermark_lag_ms < lag - 1000));
        const strip = h("div", { class: `strip${p.idle ? " idle" : held ? " held" : ""}`, role: "img", "aria-label": lag === null ? "no watermark" : `watermark ${span(lag)} behind the clock` }, fill);
        const note = p.ended ? "read to its end" : p.idle ? "idle" : held ? "holds the watermark back" : "";
        return [`${p.topic}/${p.partition}`, strip, p.watermark ? `${time(p.watermark)} (${span(lag)})` : "none", count(p.lag_records), count(p.records), span(p.silent_ms), String(p.position), note];
      });
      return h("section", {}, h("h2", {}, source.table),
        h("p", { class: "soft" }, source.watermark_expression ? `watermark ${source.watermark_expression}` : "no watermark", source.idle_timeout_ms ? `, idle after ${span(source.idle_timeout_ms)}` : "", source.lag_records === null ? "" : `; ${count(source.lag_records)} records wait`),
        disorder(source),
        table(`Partitions of ${source.table}`, [["Partition"], ["Event time, the clock at the right"], ["Watermark"], ["Lag", 1], ["Records", 1], ["Silent for", 1], ["Position", 1], [""]], rows));
    }));
    if (!sources.length) element.append(h("p", { class: "soft" }, "The job has no sources open yet."));
  }
  return { element, update };
}

export function epochView() {
  const figures = h("p"), bars = h("div"), list = h("div");
  const element = h("div", {}, figures, bars, h("p", { class: "soft" }, "A bar a second, the longest epoch of it: transaction, state, barrier. The last 15 minutes; the table shows the last minute."), list);
  let asked = 0;
  async function update({ epochs }) {
    figures.textContent = `Epoch ${count(epochs.last)}; ${count(epochs.completed)} committed, ${epochs.failed} failed; the last at ${time(epochs.last_commit_at)}` + (epochs.pending_ms > 1000 ? `; one waits since ${span(epochs.pending_ms)}` : "");
    if (Date.now() - asked < 1900) return;
    asked = Date.now();
    const { history } = await get("/api/v1/epochs?seconds=900");
    bars.replaceChildren(epochBars(history));
    const ms = (value) => `${value.toFixed(1)} ms`;
    const rows = history.slice(-60).reverse().map((one) => [time(one.ended_at), one.first === one.last ? String(one.last) : `${one.first}–${one.last}`, ms(one.barrier_ms), ms(one.state_ms), ms(one.transaction_ms), count(one.rows), bytes(one.bytes), bytes(one.state_bytes)]);
    list.replaceChildren(table("Epochs", [["Time"], ["Epochs"], ["Barrier", 1], ["State", 1], ["Transaction", 1], ["Rows", 1], ["Bytes", 1], ["State bytes", 1]], rows));
  }
  return { element, update };
}

export function rowsView(id) {
  const MOST = 500;
  const choice = h("select", { "aria-label": "Node", onchange: () => { location.hash = `#/rows/${choice.value}`; } });
  const filter = h("input", { type: "search", placeholder: "filter", "aria-label": "Filter rows", id: "filter", oninput: () => show() });
  const pause = h("button", { onclick: () => { paused = !paused; pause.textContent = paused ? "Go on" : "Pause"; if (!paused) show(); } }, "Pause");
  const note = h("span", { class: "soft", role: "status" }), list = h("div");
  const element = h("div", {}, h("div", { class: "bar" }, choice, filter, pause, note), list);
  let rows = [], paused = false, changed = false, missed = 0, stream = null;
  function show() {
    const wanted = filter.value.toLowerCase();
    const shown = rows.filter((row) => !wanted || row.text.toLowerCase().includes(wanted)).slice(-100).reverse();
    const columns = rows.length ? Object.keys(rows[rows.length - 1].row) : [];
    const text = (value) => (typeof value === "string" ? value : JSON.stringify(value));
    list.replaceChildren(table("Rows", [["op"], ...columns.map((name) => [name])], shown.map(({ op, row }) => [h("td", { class: `op ${op[0] === "-" ? "minus" : "plus"}` }, op), ...columns.map((name) => text(row[name]))])));
    note.textContent = `${shown.length} shown of the last ${rows.length}` + (missed ? `; ${count(missed)} came too fast to be shown` : "");
    changed = false;
  }
  function update({ nodes }) {
    if (choice.options.length !== nodes.length) {
      choice.replaceChildren(...nodes.map((node) => h("option", { value: node.id, selected: node.id === id }, `${node.id} ${title(node)}`)));
    }
    if (!stream) {
      stream = new EventSource(`/api/v1/tap?node=${id}`);
      stream.onmessage = (event) => {
        if (paused) return;
        rows.push({ ...JSON.parse(event.data), text: event.data });
        if (rows.length > MOST) rows = rows.slice(-MOST);
        changed = true;
      };
      stream.addEventListener("missed", (event) => { missed += JSON.parse(event.data).rows; });
      show();
    }
    if (changed && !paused) show();
  }
  return { element, update, close: () => stream?.close() };
}

export function errorView() {
  const failure = h("p", { class: "bad" }), list = h("div");
  const element = h("div", {}, failure, list);
  let shown = -1;
  async function update({ job }) {
    failure.textContent = job.failure ?? "";
    if (shown === job.dead_letters) return;
    shown = job.dead_letters;
    const { last } = await get("/api/v1/errors");
    const rows = last.reverse().map((one) => [time(one.at), `${one.topic}/${one.partition}/${one.offset}`, h("td", { class: "wide" }, one.key ?? "–"), one.field, h("td", { class: "wide" }, one.error), h("td", { class: "wide" }, one.value ?? "–")]);
    list.replaceChildren(h("h2", {}, `${count(job.dead_letters)} dead letters, ${count(job.skipped_records)} records skipped, ${count(job.late_rows)} rows late`),
      rows.length ? table("Dead letters", [["Time"], ["Record"], ["Key"], ["Field"], ["Error"], ["Payload"]], rows) : h("p", { class: "soft" }, "No record was put aside."));
  }
  return { element, update };
}

export function sqlView() {
  const element = h("div");
  let asked = false;
  async function update() {
    if (asked) return;
    asked = true;
    const { files } = await get("/api/v1/files");
    element.replaceChildren(...files.map((file) => h("section", {}, h("h2", {}, file.path), source(file))));
  }
  return { element, update };
}
