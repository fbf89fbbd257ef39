// One sound at a time: starting one pauses the others.
document.addEventListener('play', event => {
  for (const audio of document.querySelectorAll('audio')) if (audio !== event.target) audio.pause();
}, true);

// A mark of a chart that links to an element with a sound plays it; without this script it leads there.
(() => {
  const marks = () => [...document.querySelectorAll('.ss-chart a[href^="#"]')];
  // A page made of notebooks puts a prefix before every id, but not into the data of a chart.
  const target = id => document.getElementById(id) ?? document.querySelector(`[id$="-${CSS.escape(id)}"]`);
  for (const [event, on] of [['play', true], ['pause', false], ['ended', false]])
    document.addEventListener(event, ({ target: audio }) => {
      for (const mark of marks()) if (target(mark.getAttribute('href').slice(1))?.contains(audio)) mark.classList.toggle('ss-playing', on);
    }, true);
  globalThis.SimSearchPlay = id => {
    const place = id && target(id), audio = place?.querySelector('audio');
    if (!audio) {
      if (!place?.querySelector('img')) return false;
      place.closest('details')?.setAttribute('open', '');
      place.scrollIntoView({ block: 'center' });
      return true;
    }
    audio.currentTime = 0;
    audio.play().catch(() => {}); // another sound was started before this one was ready
    return true;
  };
  document.addEventListener('click', event => {
    const mark = event.target.closest?.('.ss-chart a[href^="#"]');
    if (mark && globalThis.SimSearchPlay(mark.getAttribute('href').slice(1))) event.preventDefault();
  });
})();
