// Folding of code, and the place in the contents. Works without the figures.
(function () {
  'use strict';
  var button = document.getElementById('unfold'), codes = Array.from(document.querySelectorAll('details.code'));
  if (button) {
    button.addEventListener('click', function () {
      var open = button.getAttribute('aria-pressed') !== 'true';
      button.setAttribute('aria-pressed', String(open));
      button.textContent = open ? 'Hide all code' : 'Show all code';
      codes.forEach(function (code) { code.open = open || 'open' in code.dataset; });
    });
  }

  var links = {};
  document.querySelectorAll('.contents ol a').forEach(function (link) { links[decodeURIComponent(link.hash.slice(1))] = link; });
  var headings = Array.from(document.querySelectorAll('main h2[id], main h3[id]')).filter(function (heading) { return links[heading.id]; });
  function mark() {
    var current = headings.filter(function (heading) { return heading.getBoundingClientRect().top < 120; }).pop();
    headings.forEach(function (heading) {
      if (heading === current) links[heading.id].setAttribute('aria-current', 'true');
      else links[heading.id].removeAttribute('aria-current');
    });
  }
  if (headings.length) {
    window.addEventListener('scroll', mark, { passive: true });
    mark();
  }
})();
