// Offers zoom and hover for charts that carry a plotly.js figure. The SVG stays what is seen first and what is printed.
// plotly.js is in the page, or in a file beside it that is fetched when somebody wants it.
(() => {
  const file = document.documentElement.dataset.library;
  if (!globalThis.Plotly && !file) return;
  let loading;
  const library = () => globalThis.Plotly ? Promise.resolve(globalThis.Plotly) : loading ??= new Promise((done, failed) => {
    const script = document.createElement('script');
    script.src = file;
    script.onload = () => done(globalThis.Plotly);
    script.onerror = () => { loading = undefined; failed(new Error(`the file ${file} is not beside this page`)); };
    document.head.append(script);
  });
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
    const source = figure.dataset.plotly ?? figure.querySelector('.ss-plotly')?.textContent, still = figure.querySelector('.ss-plot'), svg = still?.querySelector('svg');
    if (!source || !svg || source.includes('"scatter3d"')) continue;
    const button = document.createElement('button'), live = document.createElement('div');
    button.type = 'button';
    button.className = 'ss-zoom';
    button.textContent = 'Zoom and hover';
    button.setAttribute('aria-pressed', 'false');
    live.className = 'ss-live';
    live.hidden = true;
    still.after(live, button);
    const draw = plotly => {
      const { data, layout, config } = themed(JSON.parse(source), svg);
      return plotly.react(live, data, layout, config);
    };
    button.addEventListener('click', async () => {
      const on = live.hidden;
      try {
        if (on) {
          const plotly = await library();
          live.hidden = false;
          await draw(plotly);
          if (!live.dataset.listens) { live.dataset.listens = '1'; listen(); }
        }
      } catch (problem) {
        live.hidden = true;
        button.disabled = true;
        button.textContent = `No zoom: ${problem.message}`;
        return;
      }
      live.hidden = !on;
      still.hidden = on;
      button.setAttribute('aria-pressed', String(on));
      button.textContent = on ? 'Back to the still picture' : 'Zoom and hover';
    });
    const listen = () => live.on('plotly_click', event => globalThis.SimSearchPlay?.(event.points[0].customdata));
    const again = () => { if (!live.hidden && globalThis.Plotly) { still.hidden = false; draw(globalThis.Plotly); still.hidden = true; } };
    dark.addEventListener('change', again);
    document.addEventListener('themechange', again);
  }
})();
