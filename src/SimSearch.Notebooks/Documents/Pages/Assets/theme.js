// The switch between light and dark, at the end of the bar of a page, remembered where the browser allows it.
(() => {
  const root = document.documentElement, key = 'simsearch-theme', dark = matchMedia('(prefers-color-scheme: dark)');
  try {
    const stored = localStorage.getItem(key);
    if (stored === 'dark' || stored === 'light') root.dataset.theme = stored;
  } catch { /* not remembered then */ }
  const isDark = () => root.dataset.theme ? root.dataset.theme === 'dark' : dark.matches;

  document.addEventListener('DOMContentLoaded', () => {
    const bar = document.querySelector('body > nav.nb-top, body > nav.ss-nav');
    const button = document.createElement('button');
    button.type = 'button';
    button.className = bar ? 'nb-theme' : 'nb-theme nb-theme-alone';
    const show = () => {
      button.textContent = isDark() ? 'Light' : 'Dark';
      button.setAttribute('aria-label', isDark() ? 'Show the page light' : 'Show the page dark');
      document.dispatchEvent(new Event('themechange'));
    };
    button.addEventListener('click', () => {
      root.dataset.theme = isDark() ? 'light' : 'dark';
      try { localStorage.setItem(key, root.dataset.theme); } catch { /* see above */ }
      show();
    });
    dark.addEventListener('change', show);
    (bar ?? document.body).append(button);
    show();
  });
})();
