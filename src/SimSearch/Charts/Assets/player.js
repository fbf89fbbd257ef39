// One sound at a time: starting one pauses the others.
document.addEventListener('play', event => {
  for (const audio of document.querySelectorAll('audio')) if (audio !== event.target) audio.pause();
}, true);
