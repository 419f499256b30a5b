// Draws the figures of a page and lets them be saved. Needs plotly.min.js before it; loads nothing.
(function () {
  'use strict';
  var NARROW = 520;
  // Height of a colour bar above its map, with its unit.
  var BAR = 58;
  var dark = window.matchMedia('(prefers-color-scheme: dark)');

  function read(place) { return JSON.parse(place.querySelector('script[type="application/json"]').textContent); }
  function copy(value) { return JSON.parse(JSON.stringify(value)); }
  function textColour() { return getComputedStyle(document.body).color; }
  function axisPairs(layout) {
    return Object.keys(layout).filter(function (key) { return /^xaxis\d*$/.test(key); })
      .sort(function (a, b) { return (+a.slice(5) || 1) - (+b.slice(5) || 1); })
      .map(function (key) { return { n: key.slice(5), x: layout[key], y: layout['yaxis' + key.slice(5)] }; });
  }

  // Title and subtitle stand above the plot as text that wraps, so the plot gives up their room.
  function withoutTitle(layout) {
    var saved = Math.max(0, (layout.meta && layout.meta.titleHeight || 0) - 14);
    delete layout.title;
    if (layout.margin && layout.margin.t) layout.margin.t = Math.max(24, layout.margin.t - saved);
    if (layout.height) layout.height = Math.max(240, layout.height - saved);
  }

  // A title that is longer than its axis is broken between words.
  function wrapTitle(axis, pixels) {
    var title = axis && axis.title, lines = [''], most = Math.max(12, Math.floor(pixels / 7));
    if (!title || !title.text) return;
    title.text.split(' ').forEach(function (word) {
      var line = lines[lines.length - 1];
      if (line && line.length + 1 + word.length > most) lines.push(word);
      else lines[lines.length - 1] = line ? line + ' ' + word : word;
    });
    title.text = lines.join('<br>');
  }

  // A colour bar lies above its map: beside it there is no room.
  function barAbove(bar, y) {
    Object.assign(bar, { orientation: 'h', x: 0, xanchor: 'left', y: y, yanchor: 'bottom', len: 1, thickness: 10 });
    bar.title = Object.assign({}, bar.title, { side: 'top' });
  }

  // On a telephone panels stand below each other, the legend goes under the plot, and crowded cells lose their numbers.
  function narrow(spec, width) {
    var layout = spec.layout, pairs = axisPairs(layout), n = pairs.length, gap;
    var map = spec.data.some(function (trace) { return trace.type === 'heatmap'; });
    var bars = pairs.filter(function (pair) { return (layout['coloraxis' + pair.n] || {}).colorbar; });
    layout.margin = Object.assign({}, layout.margin, { l: 48 });
    if (map) pairs.forEach(function (pair) { pair.x.domain = [0, 1]; });
    if (bars.length) {
      layout.margin.t = (layout.margin.t || 24) + BAR;
      layout.margin.r = 12;
    }
    if (map && n === 1) {
      layout.height = Math.min(layout.height, 400) + BAR;
      bars.forEach(function (pair) { barAbove(layout['coloraxis' + pair.n].colorbar, 1); });
    }
    if (n > 1) {
      // Between two panels stand the labels of one and the title of the next; words need more room than numbers.
      var words = pairs.some(function (pair) { return (pair.x.ticktext || []).some(function (text) { return text.length > 4; }); });
      var between = (words ? 125 : 65) + (bars.length > 1 ? BAR : 0);
      var inner = n * (map ? 240 : 230) + (n - 1) * (between - 65) + (words ? 50 : 0);
      layout.height = 80 + inner + (bars.length ? BAR : 0);
      gap = between / inner;
      pairs.forEach(function (pair, i) {
        var height = (1 - gap * (n - 1)) / n, top = 1 - i * (height + gap);
        pair.x.domain = [0, 1];
        pair.y.domain = [Math.max(0, top - height), top];
        pair.y.showticklabels = true;
        var colours = layout['coloraxis' + pair.n];
        if (colours && colours.colorbar) barAbove(colours.colorbar, top + 22 / inner);
      });
    }
    if (layout.showlegend) {
      layout.legend = Object.assign({}, layout.legend, { orientation: 'h', x: 0, y: -0.25 / n, yanchor: 'top' });
      layout.height += 22 * Math.ceil(spec.data.filter(function (t) { return t.showlegend !== false; }).length / 2);
    }
    var legend = layout.showlegend ? 22 * Math.ceil(spec.data.length / 2) : 0;
    pairs.forEach(function (pair) {
      // Seven powers of ten do not fit side by side.
      if (pair.x.type === 'log' && (pair.x.ticktext || []).length > 5) {
        pair.x.ticktext = pair.x.ticktext.map(function (text, i) { return i % 2 ? '' : text; });
      }
      var share = pair.y && pair.y.domain ? pair.y.domain[1] - pair.y.domain[0] : 1;
      wrapTitle(pair.x, width - 64);
      wrapTitle(pair.y, share * Math.max(160, layout.height - legend - 100));
    });
    spec.data.forEach(function (trace) { if (trace.texttemplate && trace.z.length > 6) delete trace.texttemplate; });
  }

  function draw(figure) {
    var plot = figure.querySelector('.plot'), spec = copy(figure.spec);
    spec.layout.font = Object.assign({}, spec.layout.font, { color: textColour() });
    withoutTitle(spec.layout);
    figure.narrow = plot.clientWidth < NARROW;
    if (figure.narrow) narrow(spec, plot.clientWidth);
    return Plotly.react(plot, spec.data, spec.layout, spec.config);
  }

  function drawThumbnail(place) {
    var spec = place.spec, plot = place.querySelector('.still') || place.appendChild(document.createElement('div'));
    plot.className = 'still';
    plot.style.height = '100%';
    var layout = copy(spec.layout);
    delete layout.height;
    return Plotly.react(plot, copy(spec.data), layout, { staticPlot: true, responsive: true });
  }

  function save(figure, format) {
    var name = (figure.spec.config && figure.spec.config.toImageButtonOptions || {}).filename || figure.id;
    if (format === 'csv') return saveText(csv(figure.spec), name + '.csv', 'text/csv');
    var spec = copy(figure.spec), layout = spec.layout;
    layout.font = Object.assign({}, layout.font, { color: '#1f2328' });
    if (format === 'png') layout.paper_bgcolor = '#ffffff';
    Plotly.downloadImage({ data: spec.data, layout: layout, config: {} }, { format: format, filename: name, width: 720, height: layout.height || 420, scale: format === 'png' ? 2 : 1 });
  }

  function saveText(text, name, type) {
    var link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([text], { type: type }));
    link.download = name;
    document.body.appendChild(link).click();
    link.remove();
    setTimeout(function () { URL.revokeObjectURL(link.href); }, 10000);
  }

  // One row a value: panel, series, role, x, label, y, and the ends of the interval where there is one.
  function csv(spec) {
    var rows = [['panel', 'series', 'role', 'x', 'label', 'y', 'low', 'high']];
    spec.data.forEach(function (trace) {
      var meta = trace.meta || {};
      if (meta.role === 'interval') return;
      if (trace.z) {
        trace.z.forEach(function (row, i) { row.forEach(function (value, j) { rows.push([meta.panel, (meta.rows || [])[i], meta.role, (meta.columns || [])[j], '', value, '', '']); }); });
        return;
      }
      (trace.x || []).forEach(function (x, i) {
        var ends = trace.customdata && Array.isArray(trace.customdata[i]) ? trace.customdata[i] : ['', ''];
        rows.push([meta.panel, trace.name, meta.role, x, (meta.labels || [])[i], trace.y[i], ends[0], ends[1]]);
      });
    });
    return rows.map(function (row) { return row.map(field).join(','); }).join('\r\n') + '\r\n';
  }

  function field(value) {
    var text = value === null || value === undefined ? '' : String(value);
    // A spreadsheet would run a text that starts like a formula.
    if (typeof value === 'string' && /^[=+@\-\t\r]/.test(text)) text = "'" + text;
    return /[",\r\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
  }

  var figures = Array.from(document.querySelectorAll('.figure')), thumbnails = Array.from(document.querySelectorAll('.thumbnail'));
  if (!window.Plotly) {
    figures.concat(thumbnails).forEach(function (place) { (place.querySelector('.plot') || place).append('assets/plotly.min.js is missing, so this figure cannot be drawn.'); });
    return;
  }
  figures.concat(thumbnails).forEach(function (place) {
    // A figure that another library made may leave out what ours always says.
    place.spec = read(place);
    place.spec.layout = Object.assign({ height: 420 }, place.spec.layout);
  });
  figures.forEach(function (figure) {
    figure.querySelectorAll('[data-save]').forEach(function (button) { button.addEventListener('click', function () { save(figure, button.dataset.save); }); });
  });
  var drawn = figures.map(draw).concat(thumbnails.map(drawThumbnail));
  Promise.all(drawn).then(function () { document.documentElement.dataset.drawn = ''; });

  dark.addEventListener('change', function () { figures.forEach(draw); });
  var waiting;
  window.addEventListener('resize', function () {
    clearTimeout(waiting);
    waiting = setTimeout(function () {
      figures.forEach(function (figure) { if ((figure.querySelector('.plot').clientWidth < NARROW) !== figure.narrow) draw(figure); });
    }, 150);
  });
  // Paper is white: figures are drawn in its colours and back.
  window.addEventListener('beforeprint', function () { figures.forEach(function (figure) { Plotly.relayout(figure.querySelector('.plot'), { 'font.color': '#000000' }); }); });
  window.addEventListener('afterprint', function () { figures.forEach(draw); });
})();
