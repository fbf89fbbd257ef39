// A cloud of points in three dimensions: beside the still views of a figure whose data are of type scatter3d stands a picture to turn, drawn here on a
// canvas because plotly's builds for three dimensions are as large again as a page, need WebGL, and compile code at run time, which the page's policy forbids.
(() => {
  const shapes = [
    'm-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z', 'm-3.5-3.5h7v7h-7z', 'm0-4.5l4.5 8h-9z', 'm0-5l5 5l-5 5l-5-5z', 'm0 4.5l4.5-8h-9z',
    'm-1.3-4.5h2.6v3.2h3.2v2.6h-3.2v3.2h-2.6v-3.2h-3.2v-2.6h3.2z', 'm-4.5-3l1.5-1.5l3 3l3-3l1.5 1.5l-3 3l3 3l-1.5 1.5l-3-3l-3 3l-1.5-1.5l3-3z',
  ].map(path => new Path2D('M0 0' + path));
  const colours = 8, height = 460;

  function show(figure, data, titles, still, svg) {
    const points = data.flatMap((trace, series) => trace.x.map((x, i) => ({
      at: [x, trace.y[i], trace.z[i]], series, name: trace.text?.[i] ?? trace.name, target: trace.customdata?.[i],
    }))).filter(p => p.at.every(Number.isFinite));
    if (points.length === 0) return;
    const low = [0, 1, 2].map(a => points.reduce((m, p) => Math.min(m, p.at[a]), Infinity)), high = [0, 1, 2].map(a => points.reduce((m, p) => Math.max(m, p.at[a]), -Infinity));
    const middle = low.map((l, a) => (l + high[a]) / 2), radius = Math.hypot(...low.map((l, a) => (high[a] - l) / 2)) || 1;
    const decode = document.createElement('textarea');
    const plain = text => { decode.innerHTML = text ?? ''; return decode.value; };

    const live = document.createElement('div'), canvas = document.createElement('canvas'), says = document.createElement('p');
    live.className = 'ss-turn';
    canvas.tabIndex = 0;
    canvas.setAttribute('role', 'img');
    canvas.setAttribute('aria-label', 'The points in three dimensions, to turn; the views below show the same');
    const help = `Drag or use the arrow keys to turn it${points.some(p => p.target) ? '; click on a point to hear it' : ''}.`;
    says.textContent = help;
    says.setAttribute('aria-live', 'polite');
    live.append(canvas, says);
    still.before(live);

    // Seen from 3.2 radii away, a ball of radius 1 is 3.2 / sqrt(3.2^2 - 1) = 1.053 wide: with that, no turn cuts anything off.
    const distance = 3.2, widest = distance / Math.sqrt(distance * distance - 1), margin = 12;
    let yaw = 0.6, pitch = 0.35, width = 0, drag = null, placed = [];
    const project = at => {
      const [x, y, z] = at.map((v, a) => (v - middle[a]) / radius);
      const across = x * Math.cos(yaw) + z * Math.sin(yaw), far = z * Math.cos(yaw) - x * Math.sin(yaw);
      const up = y * Math.cos(pitch) - far * Math.sin(pitch), depth = far * Math.cos(pitch) + y * Math.sin(pitch);
      const near = distance / (distance + depth), scale = (Math.min(width, height) / 2 - margin) / widest * near;
      return { x: width / 2 + across * scale, y: height / 2 - up * scale, near, depth };
    };
    function draw() {
      width = live.clientWidth || 600;
      const ratio = devicePixelRatio || 1;
      canvas.width = width * ratio;
      canvas.height = height * ratio;
      canvas.style.height = `${height}px`;
      const pen = canvas.getContext('2d'), style = getComputedStyle(svg), colour = name => style.getPropertyValue('--ss-' + name).trim();
      const palette = Array.from({ length: colours }, (_, i) => colour(i)), ink = colour('muted');
      pen.setTransform(ratio, 0, 0, ratio, 0, 0);
      pen.fillStyle = colour('surface');
      pen.fillRect(0, 0, width, height);
      pen.strokeStyle = colour('grid');
      pen.fillStyle = ink;
      pen.font = `12px ${getComputedStyle(document.body).fontFamily}`;
      // The twelve edges of the box, and a name on one of each direction.
      for (let axis = 0; axis < 3; axis++)
        for (let corner = 0; corner < 4; corner++) {
          const from = [...low], to = [...high], [b, c] = [0, 1, 2].filter(a => a !== axis);
          from[b] = to[b] = corner & 1 ? high[b] : low[b];
          from[c] = to[c] = corner & 2 ? high[c] : low[c];
          const one = project(from), other = project(to);
          pen.beginPath();
          pen.moveTo(one.x, one.y);
          pen.lineTo(other.x, other.y);
          pen.stroke();
          if (corner === 0 && titles[axis]) {
            pen.textAlign = 'center';
            pen.fillText(titles[axis], Math.min(width - 90, Math.max(90, (one.x + other.x) / 2)), Math.min(height - 6, (one.y + other.y) / 2 + 14));
          }
        }
      placed = points.map(point => ({ point, ...project(point.at) })).sort((a, b) => b.depth - a.depth);
      for (const { point, x, y, near } of placed) {
        pen.setTransform(ratio * near, 0, 0, ratio * near, ratio * x, ratio * y);
        pen.globalAlpha = Math.min(1, 0.35 + 0.5 * near * near);
        pen.fillStyle = palette[point.series % colours];
        pen.fill(shapes[point.series % shapes.length]);
        if (point === draw.marked) {
          pen.globalAlpha = 1;
          pen.strokeStyle = colour('ink');
          pen.lineWidth = 2;
          pen.stroke(shapes[point.series % shapes.length]);
        }
      }
      pen.globalAlpha = 1;
    }
    const nearest = event => {
      const box = canvas.getBoundingClientRect(), x = event.clientX - box.left, y = event.clientY - box.top;
      let best = null, least = 12;
      for (const mark of placed) {
        const away = Math.hypot(mark.x - x, mark.y - y);
        if (away <= least) [best, least] = [mark.point, away]; // of two at one place the nearer one, which comes later
      }
      return best;
    };
    const mark = point => {
      if (point === draw.marked) return;
      draw.marked = point;
      says.textContent = point ? plain(point.name) : help;
      canvas.style.cursor = point?.target ? 'pointer' : 'grab';
      draw();
    };
    const turn = (sideways, upwards) => {
      yaw += sideways;
      pitch = Math.min(1.5, Math.max(-1.5, pitch + upwards));
      draw();
    };
    canvas.addEventListener('pointerdown', event => { drag = { x: event.clientX, y: event.clientY, moved: 0 }; canvas.setPointerCapture(event.pointerId); });
    canvas.addEventListener('pointermove', event => {
      if (!drag) return mark(nearest(event));
      const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
      drag = { x: event.clientX, y: event.clientY, moved: drag.moved + Math.abs(dx) + Math.abs(dy) };
      turn(dx * 0.01, dy * 0.01);
    });
    canvas.addEventListener('pointerup', event => {
      const clicked = drag && drag.moved < 5 ? nearest(event) : null;
      drag = null;
      if (clicked) { mark(clicked); globalThis.SimSearchPlay?.(clicked.target); }
    });
    canvas.addEventListener('pointercancel', () => { drag = null; });
    canvas.addEventListener('pointerleave', () => mark(null));
    canvas.addEventListener('keydown', event => {
      const step = { ArrowLeft: [-0.15, 0], ArrowRight: [0.15, 0], ArrowUp: [0, -0.15], ArrowDown: [0, 0.15] }[event.key];
      if (!step) return;
      event.preventDefault();
      turn(...step);
    });
    new ResizeObserver(() => { if (live.clientWidth !== width) draw(); }).observe(live);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
    document.addEventListener('themechange', draw);
    draw();
  }

  for (const figure of document.querySelectorAll('.ss-figure')) {
    const source = figure.dataset.plotly ?? figure.querySelector('.ss-plotly')?.textContent, still = figure.querySelector('.ss-plot'), svg = still?.querySelector('svg');
    if (!svg || !source?.includes('"scatter3d"')) continue;
    const { data, layout } = JSON.parse(source);
    if (data.every(trace => trace.type === 'scatter3d' && [trace.x, trace.y, trace.z].every(v => Array.isArray(v) && v.length === trace.x.length)))
      show(figure, data, ['xaxis', 'yaxis', 'zaxis'].map(axis => layout?.scene?.[axis]?.title?.text ?? ''), still, svg);
  }
})();
