// Draws each figure's chart by its Vega-Lite specification, as wide as there is room, and anew when that changes.
// Colours are CSS variables in the drawing itself: light, dark and paper need nothing from here.

const AXIS_PX = 52; // kept free for the labels of a vertical axis, so that charts of several rows are flush
const RIGHT_PX = 14;
const font = getComputedStyle(document.body).fontFamily;

const theme = {
  background: null,
  font,
  padding: { left: 0, right: 2, top: 4, bottom: 4 },
  view: { stroke: null },
  concat: { spacing: 14 },
  axis: {
    labelColor: "var(--quiet)", titleColor: "var(--quiet)", gridColor: "var(--line)", domainColor: "var(--strong-line)",
    tickColor: "var(--strong-line)", labelFontSize: 11, titleFontSize: 11, titleFontWeight: 400, tickSize: 4,
    labelPadding: 4,
  },
  axisX: { grid: false, titleAnchor: "end", labelFlush: false, tickCount: 6 },
  axisY: { domain: false, ticks: false, minExtent: AXIS_PX - 6, maxExtent: AXIS_PX - 6, tickCount: 4, titleAlign: "left",
    titleAngle: 0, titleX: 0, titleY: -10 },
  title: { anchor: "start", frame: "group", color: "var(--ink)", subtitleColor: "var(--quiet)", fontSize: 12, fontWeight: 600,
    subtitleFontSize: 11, offset: 6, subtitlePadding: 2 },
  text: { color: "var(--ink)", fontSize: 12 },
};

// The width of every view that asks to "fill" what there is, `free` pixels being there.
const sized = (spec, free) =>
  JSON.parse(JSON.stringify(spec), (key, value) => (key === "width" && value === "fill" ? free : value));

// Names beside the points that they belong to, so that none covers another: Vega has that, Vega-Lite does not.
function placeLabels(vega) {
  if (!vega.usermeta?.labels) return vega;
  const points = vega.marks.find((mark) => mark.type === "symbol");
  vega.marks.push({
    type: "text",
    from: { data: points.name },
    encode: { enter: { text: { field: `datum.${vega.usermeta.labels}` }, fill: { value: "var(--ink)" } } },
    transform: [{
      type: "label", size: { signal: "[width, height]" }, offset: [2], padding: 20,
      anchor: ["right", "left", "top", "bottom", "top-right", "bottom-right", "top-left", "bottom-left"],
    }],
  });
  return vega;
}

const drawn = new WeakMap(); // figure -> {width, finalize}
const widthOf = (figure) => figure.querySelector(".canvas").clientWidth;

async function draw(figure) {
  const canvas = figure.querySelector(".canvas");
  const width = widthOf(figure);
  const before = drawn.get(figure);
  const spec = JSON.parse(figure.querySelector("script").textContent);
  const left = spec.usermeta?.left ?? AXIS_PX;
  const made = await window.vegaEmbed(canvas, sized(spec, Math.max(120, width - left - RIGHT_PX)), {
    ast: true, // expressions are interpreted, so that the page's policy can forbid eval
    renderer: "svg", actions: false, defaultStyle: false, config: theme, patch: placeLabels,
    tooltip: { disableDefaultStyle: true },
  });
  canvas.setAttribute("role", "img"); // one picture with one name; Vega would list every dot
  canvas.setAttribute("aria-label", `Chart: ${figure.querySelector("figcaption strong").textContent}`);
  canvas.removeAttribute("aria-roledescription");
  before?.finalize();
  drawn.set(figure, { width, finalize: () => made.finalize() });
}

// One chart that cannot be drawn keeps no other from it.
function giveUp(figure, error) {
  const canvas = figure.querySelector(".canvas");
  canvas.removeAttribute("role");
  canvas.removeAttribute("aria-label");
  canvas.textContent = "This chart could not be drawn. Its figures are below.";
  drawn.set(figure, { width: widthOf(figure), finalize() {} });
  console.error(error);
}

// One after the other, what is nearest to the eye first; between them the page answers to its reader.
const figures = [...document.querySelectorAll("figure")];
const away = (figure) => Math.abs(figure.getBoundingClientRect().top);
let drawing = false;
async function drawAll() {
  if (drawing) return;
  drawing = true;
  for (;;) {
    const left = figures.filter((figure) => widthOf(figure) && drawn.get(figure)?.width !== widthOf(figure));
    if (!left.length) break;
    const next = left.reduce((one, other) => (away(other) < away(one) ? other : one));
    await draw(next).catch((error) => giveUp(next, error));
    await new Promise((go_on) => setTimeout(go_on));
  }
  drawing = false;
  document.documentElement.dataset.charts = "drawn";
}
let timer;
new ResizeObserver(() => { clearTimeout(timer); timer = setTimeout(drawAll, 100); }).observe(document.body);

// Paper has no summaries to click on.
const opened = [];
addEventListener("beforeprint", () => {
  for (const one of document.querySelectorAll("details:not([open]):not(.data)")) opened.push(one), (one.open = true);
});
addEventListener("afterprint", () => { for (const one of opened.splice(0)) one.open = false; });
