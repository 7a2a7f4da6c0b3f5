// The page: follows the job's events, keeps 15 minutes of them, shows one view at a time.
import { h, count, bytes, span } from "./dom.js";
import { KEPT } from "./charts.js";
import { boardView } from "./board.js";
import { graphView, nodeView, timeView, epochView, rowsView, errorView, sqlView } from "./views.js";

const TABS = [["graph", "Graph"], ["board", "Board"], ["time", "Event time"], ["epochs", "Epochs"], ["rows", "Live rows"], ["errors", "Errors"], ["sql", "SQL"]];
const history = [];
let latest = null, view = null, started = null;
const by = (id) => document.getElementById(id);

function made(name, id) {
  switch (name) {
    case "node": return nodeView(id, history);
    case "board": return boardView();
    case "time": return timeView();
    case "epochs": return epochView();
    case "rows": return rowsView(id);
    case "errors": return errorView();
    case "sql": return sqlView();
    default: return graphView();
  }
}

function route() {
  const [, name = "graph", id] = location.hash.split("/");
  view?.close?.();
  view = made(name || "graph", Number(id ?? latest?.nodes.at(-1)?.inputs[0] ?? 0));
  by("view").replaceChildren(view.element);
  by("tabs").replaceChildren(...TABS.map(([tab, text], i) => h("a", { href: `#/${tab}`, "aria-current": tab === name || (tab === "graph" && (name === "node" || !name)) ? "page" : null, "aria-keyshortcuts": String(i + 1) }, text)));
  if (latest) view.update(latest);
}

function state(text, kind = text) {
  by("state").textContent = text;
  by("state").className = `state ${kind}`;
}

function show(now) {
  const { job } = now;
  // A job that was started anew begins a new history, and may have another plan.
  const anew = started !== null && started !== job.started_at;
  if (started !== job.started_at) history.length = 0;
  started = job.started_at;
  if (anew) route();
  history.push(now.nodes);
  if (history.length > KEPT) history.shift();
  document.title = `${job.name} · streamsql`;
  by("name").textContent = job.name;
  state(job.ready || job.state !== "running" ? job.state : "not ready", job.ready ? "running" : job.state === "running" ? "starting" : job.state);
  const facts = [["up", span(job.uptime_ms)], ["in", `${count(job.rows_in_per_second, 1)}/s`], ["out", `${count(job.rows_out_per_second, 1)}/s`],
    ["lag", job.lag_records === null ? "–" : `${count(job.lag_records)} records`], ["watermark", job.watermark ? `${span(job.watermark_lag_ms)} behind` : "none"],
    ["epoch", `${job.epoch}, ${job.last_commit_ms.toFixed(1)} ms`], ["state", bytes(job.state_bytes)], ["memory", bytes(job.process.resident_bytes)]];
  if (job.late_rows) facts.push(["late", count(job.late_rows)]);
  if (job.dead_letters) facts.push(["dead letters", count(job.dead_letters)]);
  by("facts").replaceChildren(...facts.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));
  const said = [...job.not_ready_because, ...now.why.map((finding) => finding.text)].map((text) => h("p", {}, text));
  const reload = job.last_reload;
  if (reload && !["applied", "applying"].includes(reload.result)) said.push(h("p", { class: "bad" }, `The changed files were not taken (${reload.result}): `), h("pre", {}, reload.message));
  by("why").hidden = said.length === 0;
  by("why").replaceChildren(...said);
  view.update(now);
}

function follow() {
  const events = new EventSource("/api/v1/events");
  events.onmessage = (event) => {
    const first = latest === null;
    latest = JSON.parse(event.data);
    if (first) route();
    show(latest);
  };
  // The browser asks again by itself, unless it was refused.
  events.onerror = () => {
    state("not connected", "gone");
    if (events.readyState === EventSource.CLOSED) setTimeout(follow, 2000);
  };
}

addEventListener("hashchange", () => { route(); by("view").focus({ preventScroll: true }); });
addEventListener("resize", () => { if (latest) view.update(latest); });
addEventListener("keydown", (event) => {
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") { typing ? event.target.blur() : (location.hash = "#/graph"); return; }
  if (typing) return;
  if (TABS[event.key - 1]) location.hash = `#/${TABS[event.key - 1][0]}`;
  if (event.key === "/" && by("filter")) { event.preventDefault(); by("filter").focus(); }
});
route();
follow();
