// Lines of the last 15 minutes, from samples that the page keeps.
import { h, s, span } from "./dom.js";

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

// How many records lie how far behind the latest, with the watermark's delay drawn in; heights by logarithm.
export function disorderBars({ bounds_ms: bounds, records, delay_ms: delay }) {
  const most = Math.log10(1 + Math.max(...records)), wide = 60, tall = 70;
  const svg = s("svg", { class: "bars", viewBox: `0 0 ${wide * records.length} ${tall + 20}`, width: wide * records.length, role: "img", "aria-label": "Records by how far they lie behind the latest of their partition" });
  records.forEach((records, i) => {
    const height = most ? (Math.log10(1 + records) / most) * tall : 0;
    const late = delay !== null && (i === bounds.length || bounds[i] > delay);
    svg.append(s("rect", { class: late ? "barrier" : "", x: i * wide + 2, y: tall - height, width: wide - 4, height }, s("title", {}, `${records} records`)),
      s("text", { class: "soft", x: i * wide + 2, y: tall + 15 }, i === bounds.length ? "more" : span(bounds[i]).replace(".0", "")));
  });
  const after = delay === null ? -1 : bounds.filter((bound) => bound <= delay).length;
  if (after >= 0) svg.append(s("line", { class: "delay", x1: after * wide, x2: after * wide, y1: 0, y2: tall }));
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Disorder" }, svg);
}
