/* SPDX-License-Identifier: Apache-2.0 */
/* Draws the page's plots from the numbers in it, in the colours of its style sheet. */
(() => {
  "use strict";

  const root = document.documentElement;
  const charts = JSON.parse(document.getElementById("charts").textContent);
  const points = ["circle", "triangle", "rect", "rectRot", "crossRot", "star", "rectRounded", "cross"];
  const dashes = [[], [7, 4], [2, 3], [9, 3, 2, 3]];
  const rowHeight = 22;
  const number = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });

  const colour = (name) => getComputedStyle(root).getPropertyValue("--" + name).trim();
  const seriesColour = (i) => colour("s" + ((i % 8) + 1));
  const shortName = (name) => shortened(name, 300);
  const faint = (hex, alpha) => hex + Math.round(alpha * 255).toString(16).padStart(2, "0");

  /** Diagonal strokes: told from a solid bar without its colour. */
  function hatched(hex) {
    const tile = document.createElement("canvas");
    tile.width = tile.height = 8;
    const pen = tile.getContext("2d");
    pen.strokeStyle = hex;
    pen.lineWidth = 1.5;
    for (const shift of [-8, 0, 8]) {
      pen.moveTo(shift - 1, 9);
      pen.lineTo(shift + 9, -1);
    }
    pen.stroke();
    return pen.createPattern(tile, "repeat");
  }

  function bar(hex, hatch) {
    return {
      backgroundColor: hatch ? hatched(hex) : hex,
      borderColor: hex,
      borderWidth: 1,
      borderRadius: 2,
    };
  }

  function stacks(chart) {
    return chart.series.map((series, i) => ({
      label: shortName(series.name),
      data: series.values,
      ...bar(i === 0 ? colour("s1") : colour("gone"), i > 0),
      maxBarThickness: 48,
      categoryPercentage: 0.85,
      barPercentage: 0.95,
    }));
  }

  function bars(chart) {
    let own = 0;
    return chart.series.map((series) => ({
      label: shortName(series.name),
      data: series.values,
      ...(series.reference ? bar(colour("gone"), true) : bar(seriesColour(own++), false)),
      maxBarThickness: 20,
      categoryPercentage: 0.8,
      barPercentage: 0.9,
    }));
  }

  function lines(chart) {
    return chart.series.flatMap((series, i) => {
      const line = {
        label: shortName(series.name),
        data: series.values,
        borderColor: seriesColour(i),
        backgroundColor: seriesColour(i),
        borderDash: dashes[i % 4],
        borderWidth: 2,
        pointStyle: points[i % 8],
        pointRadius: chart.labels.length > 40 ? 2.5 : 4,
        spanGaps: false,
      };
      const edge = { borderWidth: 0, pointRadius: 0, pointHitRadius: 0, band: true, spanGaps: false };
      const bands = (series.spreads || []).flatMap((spread, width) => [
        { ...edge, label: "", data: spread.low, fill: false },
        { ...edge, label: "", data: spread.high, fill: "-1", backgroundColor: faint(seriesColour(i), width ? 0.3 : 0.13) },
      ]);
      return [...bands, line];
    });
  }

  /** Writes each lying bar's value at its end. */
  const values = {
    id: "values",
    afterDatasetsDraw(chart) {
      const pen = chart.ctx;
      pen.save();
      pen.font = "12px " + Chart.defaults.font.family;
      pen.fillStyle = colour("ink");
      pen.textBaseline = "middle";
      chart.data.datasets.forEach((dataset, i) => {
        chart.getDatasetMeta(i).data.forEach((drawn, j) => {
          if (dataset.data[j] !== null) {
            pen.fillText(number.format(dataset.data[j]), drawn.x + 6, drawn.y);
          }
        });
      });
      pen.restore();
    },
  };

  function shortened(label, room) {
    const most = Math.max(8, Math.floor(room / 6.5));
    return label.length > most ? "…" + label.slice(1 - most) : label;
  }

  function configuration(chart, width) {
    const lying = chart.kind === "BARS";
    const datasets = { STACKS: stacks, BARS: bars, LINES: lines }[chart.kind](chart);
    const grid = { color: colour("line"), tickColor: colour("line") };
    const title = (text) => ({ display: width > 420 || !lying, text, color: colour("quiet") });
    const categories = {
      offset: true,
      stacked: chart.kind === "STACKS",
      title: { ...title(chart.xTitle), display: !lying },
      grid: { display: false },
      border: { color: colour("line") },
      ticks: {
        autoSkip: !lying,
        maxRotation: 0,
        callback: (value) => (lying ? shortened(chart.labels[value], width * 0.4) : chart.labels[value]),
      },
    };
    const measure = {
      stacked: chart.kind === "STACKS",
      type: chart.logarithmic ? "logarithmic" : "linear",
      beginAtZero: true,
      grace: lying ? "12%" : 0,
      title: title(chart.yTitle),
      grid,
      border: { display: false },
      ticks: {
        maxTicksLimit: 7,
        callback: (value) => number.format(value),
      },
    };
    return {
      type: chart.kind === "LINES" ? "line" : "bar",
      data: { labels: chart.labels, datasets },
      plugins: lying ? [values] : [],
      options: {
        indexAxis: lying ? "y" : "x",
        animation: false,
        responsive: true,
        maintainAspectRatio: false,
        interaction: { mode: "index", axis: lying ? "y" : "x", intersect: false },
        scales: lying ? { y: categories, x: measure } : { x: categories, y: measure },
        plugins: {
          legend: {
            display: chart.series.length > 1,
            position: "bottom",
            onClick: () => {},
            labels: {
              usePointStyle: chart.kind === "LINES",
              boxWidth: chart.kind === "LINES" ? 8 : 14,
              boxHeight: 8,
              color: colour("ink"),
              filter: (item, data) => !data.datasets[item.datasetIndex].band,
            },
          },
          tooltip: {
            filter: (item) => !item.dataset.band,
            callbacks: {
              title: (items) => (lying ? chart.labels[items[0].dataIndex] : chart.xTitle + " " + items[0].label),
              label: (item) => item.dataset.label + ": " + number.format(item.raw),
            },
          },
        },
      },
    };
  }

  const drawn = [];

  function draw() {
    drawn.splice(0).forEach((chart) => chart.destroy());
    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    Chart.defaults.font.size = 12;
    Chart.defaults.color = colour("quiet");
    Chart.defaults.borderColor = colour("line");
    for (const chart of charts) {
      const canvas = document.getElementById(chart.id);
      if (chart.kind === "BARS") {
        const rows = chart.labels.length * (chart.series.length + 0.6);
        canvas.parentElement.style.height = rows * rowHeight + 90 + "px";
      }
      drawn.push(new Chart(canvas, configuration(chart, canvas.parentElement.clientWidth)));
    }
  }

  root.classList.add("drawn");
  draw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  addEventListener("beforeprint", () => {
    root.classList.add("printing");
    draw();
  });
  addEventListener("afterprint", () => {
    root.classList.remove("printing");
    draw();
  });
})();
