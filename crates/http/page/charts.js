// Lines of the last 15 minutes, from samples that the page keeps.
import { h, s } from "./dom.js";

export const KEPT = 900;

// A chart of one figure; `format` writes a value.
export function chart(label, format) {
  const value = h("b", {}, "–"), range = h("span", { class: "soft" });
  const area = s("path", { class: "area" }), line = s("path", {});
  const svg = s("svg", { viewBox: "0 0 900 100", preserveAspectRatio: "none", "aria-hidden": "true" }, area, line);
  const element = h("figure", { class: "chart" }, h("figcaption", {}, label, " ", value, " ", range), svg);
  function update(samples) {
    const known = samples.filter((sample) => sample !== null && sample !== undefined);
    if (!known.length) {
      value.textContent = "–";
      line.setAttribute("d", "");
      area.setAttribute("d", "");
      return;
    }
    const most = Math.max(...known, 0), least = Math.min(...known, 0), height = most - least || 1;
    // Two minutes at least; longer as there is more.
    const wide = Math.max(120, samples.length);
    let d = "", broken = true, first = null, last = 0;
    samples.forEach((sample, i) => {
      if (sample === null || sample === undefined) { broken = true; return; }
      last = Math.round((900 * (wide - samples.length + i)) / wide);
      first ??= last;
      d += `${broken ? "M" : "L"}${last},${(97 - ((sample - least) / height) * 94).toFixed(1)}`;
      broken = false;
    });
    line.setAttribute("d", d);
    area.setAttribute("d", `${d.replaceAll("M", "L").replace("L", "M")}L${last},100L${first},100Z`);
    value.textContent = format(known[known.length - 1]);
    range.textContent = `most ${format(most)}`;
  }
  return { element, update };
}

// Bars of durations by part: barrier, state, transaction.
export function epochBars(history) {
  const most = Math.max(1, ...history.map((span) => span.barrier_ms + span.state_ms + span.transaction_ms));
  const svg = s("svg", { class: "bars", viewBox: "0 0 900 120", preserveAspectRatio: "none", width: "100%", height: 120, role: "img", "aria-label": `Durations of epochs, longest ${most.toFixed(1)} ms` });
  const wide = 900 / Math.max(60, history.length);
  history.forEach((span, i) => {
    let y = 120;
    for (const [kind, ms] of [["barrier", span.barrier_ms], ["state-part", span.state_ms], ["", span.transaction_ms]]) {
      const tall = (ms / most) * 116;
      y -= tall;
      svg.append(s("rect", { class: kind, x: (i * wide).toFixed(1), y: y.toFixed(1), width: Math.max(1, wide - 1).toFixed(1), height: tall.toFixed(1) }));
    }
  });
  return svg;
}
