// Draws every <figure data-chart="ID"> from the JSON with that id; the table beneath it says the same in words.
// ECharts is fetched by the first chart, so pages without one never pay for it.
(function () {
  "use strict";

  const drawn = new Map();
  let library = null;

  function loadLibrary() {
    library = library || new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = document.body.dataset.echarts;
      script.onload = () => resolve(window.echarts);
      script.onerror = reject;
      document.head.append(script);
    });
    return library;
  }

  function colours() {
    const style = getComputedStyle(document.documentElement);
    const read = (name) => style.getPropertyValue("--chart-" + name).trim();
    return {
      series: [1, 2, 3, 4, 5, 6, 7].map((i) => read(String(i))),
      text: read("text"), grid: read("grid"), surface: read("surface"), band: read("band"),
    };
  }

  function formatter(spec) {
    const scale = spec.share ? 100 : 1;
    const digits = spec.digits === null ? (spec.share ? 1 : 2) : spec.digits;
    const options = { maximumFractionDigits: digits, minimumFractionDigits: spec.digits === null ? 0 : digits };
    const unit = spec.share ? " %" : spec.unit ? " " + spec.unit : "";
    return (value) => (value === null || value === undefined || value === "-" ? "–" : (value * scale).toLocaleString("en", options) + unit);
  }

  // ISO days read better as "3 Oct"; the tooltip adds the year.
  function dayFormatter(spec, options) {
    const isDay = spec.x.length > 0 && spec.x.every((x) => /^\d{4}-\d{2}-\d{2}$/.test(x));
    const format = new Intl.DateTimeFormat("en-GB", Object.assign({ timeZone: "UTC" }, options));
    return (x) => (isDay ? format.format(new Date(x)) : String(x));
  }

  function axisFormatter(spec) {
    const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
    return (value) => (spec.share ? Math.round(value * 100) + " %" : compact.format(value));
  }

  // A DOM node, because a tooltip made of HTML text would need inline styles, which the policy forbids.
  function tooltipNode(title, lines) {
    const node = document.createElement("div");
    node.className = "chart-tip";
    const head = document.createElement("strong");
    head.textContent = title;
    node.append(head);
    lines.forEach((line) => {
      const row = document.createElement("div");
      const dot = document.createElement("i");
      dot.style.backgroundColor = line.colour;
      const name = document.createElement("span");
      name.textContent = line.name;
      const value = document.createElement("b");
      value.textContent = line.value;
      row.append(dot, name, value);
      node.append(row);
    });
    return node;
  }

  function tooltip(spec) {
    const text = formatter(spec);
    const title = dayFormatter(spec, { weekday: "short", day: "numeric", month: "short", year: "numeric" });
    const isScatter = spec.kind === "scatter";
    return {
      trigger: isScatter ? "item" : "axis",
      confine: true,
      borderWidth: 0,
      padding: 0,
      backgroundColor: "transparent",
      extraCssText: "box-shadow: none",
      transitionDuration: 0,
      formatter: (given) => {
        const entries = (Array.isArray(given) ? given : [given]).filter((entry) => !entry.seriesId.startsWith("band-"));
        if (spec.pointsUrl) return tooltipNode(spec.ids[entries[0].value[2]], [{ name: entries[0].seriesName, value: "", colour: entries[0].color }]);
        if (isScatter) {
          const [x, y] = entries[0].value;
          return tooltipNode(entries[0].seriesName, [
            { name: spec.xLabel, value: x.toLocaleString("en"), colour: "transparent" },
            { name: spec.title, value: text(y), colour: entries[0].color },
          ]);
        }
        const lines = entries.filter((entry) => entry.value !== null && entry.value !== undefined).map((entry) => ({ name: entry.seriesName, value: text(entry.value), colour: entry.color }));
        if (spec.band && entries.length) {
          const i = entries[0].dataIndex;
          lines.push({ name: spec.band.name, value: text(spec.band.low[i]) + " … " + text(spec.band.high[i]), colour: "transparent" });
        }
        return tooltipNode(entries.length ? title(entries[0].name) : "", lines);
      },
    };
  }

  function bandSeries(spec, palette) {
    if (!spec.band) return [];
    const shared = { type: "line", stack: "band", symbol: "none", silent: true, lineStyle: { opacity: 0 }, z: 1 };
    const width = spec.band.high.map((high, i) => (high === null || spec.band.low[i] === null ? null : high - spec.band.low[i]));
    return [
      Object.assign({ id: "band-low", name: "", data: spec.band.low, stackStrategy: "all" }, shared),
      Object.assign({ id: "band-width", name: spec.band.name, data: width, stackStrategy: "all", color: palette.band, areaStyle: { color: palette.band, opacity: 1 } }, shared),
    ];
  }

  function series(spec, palette) {
    return spec.series.map((one, i) => {
      const colour = palette.series[i % palette.series.length];
      const isLong = one.values.length > 16;
      const common = {
        id: "series-" + i, name: one.name, type: one.kind, data: one.values, color: colour, z: one.kind === "scatter" ? 4 : 3,
        progressive: 0, stack: spec.stacked && one.kind !== "scatter" ? "all" : undefined, emphasis: { focus: "none" },
      };
      if (one.kind === "line") {
        return Object.assign(common, { symbol: "circle", symbolSize: 5, showSymbol: !isLong, lineStyle: { width: 2, type: one.dashed ? "dashed" : "solid" }, areaStyle: one.filled ? { opacity: 0.35 } : undefined });
      }
      if (one.kind === "bar") {
        return Object.assign(common, { barMaxWidth: 36, itemStyle: { borderRadius: spec.stacked ? 0 : spec.horizontal ? [0, 3, 3, 0] : [3, 3, 0, 0] } });
      }
      if (spec.pointsUrl) {
        const symbol = ["circle", "triangle", "rect"][Math.floor(i / palette.series.length) % 3];
        return Object.assign(common, { symbol, symbolSize: one.values.length > 2000 ? 4 : 6, itemStyle: { opacity: 0.7 } });
      }
      return Object.assign(common, { symbolSize: spec.kind === "scatter" ? 7 : 10, itemStyle: { opacity: spec.kind === "scatter" ? 0.75 : 1, borderColor: palette.surface, borderWidth: 1 } });
    });
  }

  function axes(spec, palette) {
    const label = { color: palette.text, fontSize: 12, hideOverlap: true };
    const line = { lineStyle: { color: palette.grid } };
    const value = { type: "value", scale: spec.kind !== "bar", axisLabel: Object.assign({ formatter: axisFormatter(spec) }, label), splitLine: line, splitNumber: 4 };
    if (spec.whole) Object.assign(value, { min: 0, max: 1, interval: 0.25 });
    if (spec.pointsUrl) {
      const plain = { type: "value", scale: true, axisLabel: { show: false }, axisTick: { show: false }, axisLine: { show: false }, splitLine: { show: false } };
      return { xAxis: plain, yAxis: plain };
    }
    if (spec.kind === "scatter") {
      const across = Object.assign({}, value, {
        name: spec.xLabel, nameLocation: "middle", nameGap: 30, nameTextStyle: label, axisLabel: label, splitLine: { show: false }, axisLine: Object.assign({ show: true }, line),
      });
      return { xAxis: across, yAxis: value };
    }
    const category = {
      type: "category", data: spec.x, axisLabel: Object.assign({ formatter: dayFormatter(spec, { day: "numeric", month: "short" }) }, label), axisTick: { show: false }, axisLine: line, inverse: spec.horizontal,
      boundaryGap: spec.series.some((one) => one.kind === "bar"),
    };
    return spec.horizontal ? { xAxis: value, yAxis: category } : { xAxis: category, yAxis: value };
  }

  // Streams between two columns of groups. A group may stand on both sides, so its side is part of its name.
  function sankeyOption(spec) {
    const palette = colours();
    const names = Array.from(new Set(spec.links.flatMap((link) => [link[0], link[1]])));
    const colour = (name) => palette.series[names.indexOf(name) % palette.series.length];
    const node = (side) => (name) => ({ name: side + name, depth: side === "<" ? 0 : 1, itemStyle: { color: colour(name), borderWidth: 0 }, label: { position: side === "<" ? "right" : "left" } });
    const used = (place) => names.filter((name) => spec.links.some((link) => link[place] === name));
    const text = formatter(spec);
    const plain = (name) => name.slice(1);
    return {
      animation: false,
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
      aria: { enabled: true, label: { description: spec.title } },
      tooltip: {
        trigger: "item", confine: true, borderWidth: 0, padding: 0, backgroundColor: "transparent", extraCssText: "box-shadow: none", transitionDuration: 0,
        formatter: (entry) => entry.dataType === "edge"
          ? tooltipNode(plain(entry.data.source) + " → " + plain(entry.data.target), [{ name: spec.title, value: text(entry.data.value), colour: colour(plain(entry.data.source)) }])
          : tooltipNode(plain(entry.name), [{ name: spec.title, value: text(entry.value), colour: entry.color }]),
      },
      series: [{
        type: "sankey", left: 4, right: 4, top: 8, bottom: 8, nodeWidth: 14, nodeGap: 10, draggable: false, layoutIterations: 0, emphasis: { focus: "adjacency" },
        label: { color: getComputedStyle(document.body).color, fontSize: 12, textBorderColor: palette.surface, textBorderWidth: 2, formatter: (entry) => plain(entry.name) },
        lineStyle: { color: "source", opacity: 0.35, curveness: 0.5 },
        data: used(0).map(node("<")).concat(used(1).map(node(">"))),
        links: spec.links.map((link) => ({ source: "<" + link[0], target: ">" + link[1], value: link[2] })),
      }],
    };
  }

  function option(spec) {
    if (spec.kind === "sankey") return sankeyOption(spec);
    const palette = colours();
    const hasLegend = spec.series.length > 1 || Boolean(spec.band);
    const reduced = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    return Object.assign(axes(spec, palette), {
      animation: !reduced,
      animationDuration: 250,
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
      aria: { enabled: true, label: { description: spec.title }, decal: { show: spec.stacked && spec.kind === "bar" } },
      grid: { left: 8, right: 12, top: hasLegend ? 36 : 12, bottom: spec.kind === "scatter" ? 28 : 8, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
      legend: {
        show: hasLegend, type: "scroll", pageIconSize: 10, pageIconColor: palette.text, pageIconInactiveColor: palette.grid, pageTextStyle: { color: palette.text }, left: 0, top: 0, icon: "roundRect", itemWidth: 12, itemHeight: 8, itemGap: 16, textStyle: { color: palette.text, fontSize: 12 },
        data: spec.series.map((one) => one.name).concat(spec.band ? [spec.band.name] : []),
      },
      tooltip: tooltip(spec),
      dataZoom: spec.x.length > 60 && !spec.horizontal ? [{ type: "inside", zoomOnMouseWheel: "ctrl" }] : [],
      series: bandSeries(spec, palette).concat(series(spec, palette)),
    });
  }

  /* A CSV of the table, for charts whose page offers no file of its own */

  // The rule of core/spreadsheets.py: what a spreadsheet would calculate gets a mark, numbers stay numbers.
  const FORMULA = /^(?:[\s\x1c-\x1f\x85]*[=+\-@＝＋－＠]|[\t\r\n])/u;
  const NUMBER = /^[+\-\u2212]?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?$/;

  function csvCell(node) {
    const shown = node.textContent.trim();
    const plain = NUMBER.test(shown) ? shown.replaceAll(",", "").replace("\u2212", "-") : shown;
    const text = FORMULA.test(plain) && !NUMBER.test(plain) ? "'" + plain : plain;
    return /[",\r\n]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text;
  }

  function csvOf(table) {
    return Array.from(table.rows, (row) => Array.from(row.cells, csvCell).join(",")).join("\r\n") + "\r\n";
  }

  function offerCsv(figure) {
    const link = figure.querySelector("[data-chart-csv][hidden]");
    const table = figure.querySelector("[data-chart-table]");
    if (!link || !table) return;
    link.href = URL.createObjectURL(new Blob(["\ufeff" + csvOf(table)], { type: "text/csv;charset=utf-8" }));
    link.hidden = false;
  }

  // The points of a map are too many for the page; they come when it is drawn.
  function withPoints(spec) {
    if (!spec.pointsUrl) return Promise.resolve(spec);
    return fetch(spec.pointsUrl, { headers: { Accept: "application/json" } })
      .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(answer.statusText))))
      .then((given) => {
        spec.ids = given.ids;
        spec.series.forEach((one, i) => { one.values = given.points[i] || []; });
        return given.ids.length ? spec : Promise.reject(new Error("no points"));
      });
  }

  // As crm.converters writes an id into an address.
  function addressOf(spec, id) {
    const escaped = id.replaceAll("~", "~7E").replaceAll("/", "~2F").replace(/^\.{1,2}$/, (dots) => dots.replaceAll(".", "~2E"));
    return spec.linkUrl.replace("CUSTOMER", encodeURIComponent(escaped));
  }

  function draw(figure) {
    const data = document.getElementById(figure.dataset.chart);
    const canvas = figure.querySelector("[data-chart-canvas]");
    const spec = JSON.parse(data.textContent);
    if (drawn.has(canvas) || !(spec.pointsUrl || spec.links.length || spec.series.some((one) => one.values.length))) return;
    drawn.set(canvas, null);
    Promise.all([loadLibrary(), withPoints(spec)]).then(([echarts]) => {
      canvas.hidden = false;
      const chart = echarts.init(canvas, null, { renderer: "canvas" });
      chart.setOption(option(spec));
      if (spec.linkUrl) chart.on("click", (point) => { window.location.assign(addressOf(spec, spec.ids[point.value[2]])); });
      drawn.set(canvas, { chart, spec });
      new ResizeObserver(() => chart.resize()).observe(canvas);
      figure.dataset.drawn = "";
    }, () => { drawn.delete(canvas); figure.querySelector("details").open = true; });
  }

  function drawAll(root) {
    root.querySelectorAll("[data-chart]").forEach((figure) => { draw(figure); offerCsv(figure); });
  }

  function forgetRemoved() {
    drawn.forEach((entry, canvas) => {
      if (canvas.isConnected) return;
      if (entry) entry.chart.dispose();
      drawn.delete(canvas);
    });
  }

  document.addEventListener("DOMContentLoaded", () => drawAll(document));
  document.addEventListener("htmx:load", (event) => { forgetRemoved(); if (document.readyState !== "loading") drawAll(event.target.parentNode || document); });
  document.addEventListener("insiders:theme", () => drawn.forEach((entry) => { if (entry) entry.chart.setOption(option(entry.spec)); }));
})();
