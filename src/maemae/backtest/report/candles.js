// Draws the candles of one instrument with its purchases and sales; the bars are in a JSON block.
for (const box of document.querySelectorAll(".candles")) {
  const told = JSON.parse(box.querySelector("script").textContent);
  const choice = box.querySelector("select"), area = box.querySelector("div");
  const marks = (points, symbol, colour, name) => ({
    type: "scatter", mode: "markers", name, x: points.map((p) => p[0]), y: points.map((p) => p[1]),
    text: points.map((p) => p[2]), hovertemplate: "%{x}<br>%{y:,}<br>%{text}<extra></extra>",
    marker: { symbol, size: 12, color: colour, line: { color: "#fff", width: 1.5 } },
  });
  const draw = (code) => {
    const one = told.instruments[code], [days, open, high, low, close] = one.bars;
    const x = days.map((day) => told.days[day]);
    const at = (points) => points.map((p) => [told.days[p[0]], p[1], p[2]]);
    Plotly.react(area, [
      { type: "candlestick", name: code, x, open, high, low, close, showlegend: false,
        increasing: { line: { color: told.up, width: 1 }, fillcolor: told.up },
        decreasing: { line: { color: told.down, width: 1 }, fillcolor: told.down } },
      marks(at(one.bought), "triangle-up", "#111", told.words.bought),
      marks(at(one.sold), "triangle-down", "#8a3ffc", told.words.sold),
    ], {
      template: "plotly_white", height: 460, margin: { l: 70, r: 20, t: 20, b: 40 },
      font: { family: getComputedStyle(document.body).fontFamily },
      xaxis: { type: "category", rangeslider: { visible: false }, nticks: 10 },
      yaxis: { tickformat: "," }, legend: { orientation: "h", y: 1.06 }, hovermode: "x",
    }, { responsive: true, displaylogo: false });
  };
  choice.addEventListener("change", () => draw(choice.value));
  for (const row of box.closest('article').querySelectorAll("tr.pick")) {
    if (told.instruments[row.dataset.code] === undefined) continue;
    row.addEventListener("click", () => {
      choice.value = row.dataset.code;
      draw(choice.value);
      box.scrollIntoView({ behavior: "smooth" });
    });
  }
  if (choice.value) draw(choice.value);
}
