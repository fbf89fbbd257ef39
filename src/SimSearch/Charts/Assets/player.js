// One sound at a time: starting one pauses the others.
document.addEventListener('play', event => {
  for (const audio of document.querySelectorAll('audio')) if (audio !== event.target) audio.pause();
}, true);

// A mark with data-ss-play="ID" plays the sound in the element of that id; without this script it is a link to that element.
(() => {
  const linksOf = audio => [...document.querySelectorAll('[data-ss-play]')].filter(link => document.getElementById(link.dataset.ssPlay)?.contains(audio));
  for (const [event, on] of [['play', true], ['pause', false], ['ended', false]])
    document.addEventListener(event, ({ target }) => { for (const link of linksOf(target)) link.classList.toggle('ss-playing', on); }, true);
  globalThis.SimSearchPlay = id => {
    const audio = id && document.getElementById(id)?.querySelector('audio');
    if (!audio) return false;
    audio.currentTime = 0;
    audio.play();
    return true;
  };
  document.addEventListener('click', event => {
    const link = event.target.closest?.('[data-ss-play]');
    if (link && globalThis.SimSearchPlay(link.dataset.ssPlay)) event.preventDefault();
  });
})();
