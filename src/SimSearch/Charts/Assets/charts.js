// Offers zoom and hover for charts that carry a plotly.js figure. The SVG stays what is seen first and what is printed.
(() => {
  const plotly = globalThis.Plotly;
  if (!plotly) return;
  const dark = matchMedia('(prefers-color-scheme: dark)');

  function themed(figure, svg) {
    const style = getComputedStyle(svg), colour = name => style.getPropertyValue('--ss-' + name).trim();
    const light = ['#0065a8', '#c4500a', '#007f5f', '#a8458c', '#8f6400', '#1583a8', '#7a4a2b', '#59636e'];
    const swap = value => light.includes(value) ? colour(light.indexOf(value)) : value;
    const faded = (hex, opacity) => `rgba(${[1, 3, 5].map(i => parseInt(hex.slice(i, i + 2), 16)).join()},${opacity})`;
    const axis = { gridcolor: colour('grid'), zerolinecolor: colour('grid'), linecolor: colour('muted') };
    for (const trace of figure.data) {
      // The number after the last comma is the opacity.
      if (trace.fillcolor) trace.fillcolor = faded(swap(trace.line.color), trace.fillcolor.match(/[\d.]+(?=\)$)/)[0]);
      for (const part of [trace.line, trace.marker]) if (part && part.color) part.color = swap(part.color);
      if (trace.colorscale) for (const stop of trace.colorscale) if (stop[1] === '#ffffff') stop[1] = colour('surface'); else stop[1] = swap(stop[1]);
    }
    return {
      data: figure.data,
      layout: {
        ...figure.layout, autosize: true, paper_bgcolor: colour('surface'), plot_bgcolor: colour('surface'), margin: { t: figure.layout.title.subtitle ? 84 : 64, r: 20, b: 56 },
        title: { ...figure.layout.title, x: 0.02, xanchor: 'left' },
        font: { color: colour('ink'), family: getComputedStyle(document.body).fontFamily, size: 12 },
        xaxis: { ...figure.layout.xaxis, ...axis }, yaxis: { ...figure.layout.yaxis, ...axis },
      },
      config: { displaylogo: false, responsive: true, scrollZoom: false, modeBarButtonsToRemove: ['sendDataToCloud'] },
    };
  }

  for (const figure of document.querySelectorAll('.ss-figure')) {
    const source = figure.querySelector('.ss-plotly'), still = figure.querySelector('.ss-plot');
    if (!source || !still) continue;
    const button = document.createElement('button'), live = document.createElement('div');
    button.type = 'button';
    button.className = 'ss-zoom';
    button.textContent = 'Zoom and hover';
    button.setAttribute('aria-pressed', 'false');
    live.className = 'ss-live';
    live.hidden = true;
    still.after(live, button);
    const draw = () => {
      const { data, layout, config } = themed(JSON.parse(source.textContent), still.querySelector('svg'));
      return plotly.react(live, data, layout, config);
    };
    button.addEventListener('click', () => {
      const on = live.hidden;
      live.hidden = !on;
      if (on) draw().then(() => { if (!live.dataset.listens) { live.dataset.listens = '1'; listen(); } });
      still.hidden = on;
      button.setAttribute('aria-pressed', String(on));
      button.textContent = on ? 'Back to the still picture' : 'Zoom and hover';
    });
    const listen = () => live.on('plotly_click', event => globalThis.SimSearchPlay?.(event.points[0].customdata));
    dark.addEventListener('change', () => { if (!live.hidden) { still.hidden = false; draw(); still.hidden = true; } });
  }
})();
