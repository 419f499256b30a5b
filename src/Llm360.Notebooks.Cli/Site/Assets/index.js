// Search on the first page: shows the notebooks and findings that hold all words. Loads nothing.
(function () {
  'use strict';
  var box = document.getElementById('search'), status = document.getElementById('found');
  if (!box) return;
  function plain(text) { return text.normalize('NFD').replace(/[\u0300-\u036f]/g, '').toLowerCase(); }
  function count(n, word) { return n + ' ' + word + (n === 1 ? '' : 's'); }
  var cards = Array.from(document.querySelectorAll('.card')).map(function (card) {
    var list = card.querySelector('.findings');
    return {
      element: card,
      list: list,
      title: plain(card.querySelector('h3').textContent),
      findings: list ? Array.from(list.children).map(function (item) { return { element: item, text: plain(item.textContent) }; }) : []
    };
  });
  function search() {
    var words = plain(box.value).split(/\s+/).filter(Boolean), notebooks = 0, findings = 0;
    function holds(text) { return words.every(function (word) { return text.indexOf(word) >= 0; }); }
    cards.forEach(function (card) {
      var found = 0;
      card.findings.forEach(function (finding) {
        // A word may stand in the notebook's title and another in the finding.
        var shown = words.length > 0 && holds(card.title + ' ' + finding.text) && words.some(function (word) { return finding.text.indexOf(word) >= 0; });
        finding.element.hidden = !shown;
        if (shown) found++;
      });
      if (card.list) card.list.hidden = found === 0;
      card.element.hidden = words.length > 0 && found === 0 && !holds(card.title);
      if (!card.element.hidden) notebooks++;
      findings += found;
    });
    document.querySelectorAll('.topic').forEach(function (topic) { topic.hidden = !topic.querySelector('.card:not([hidden])'); });
    var summary = document.querySelector('.summary');
    if (summary) summary.hidden = words.length > 0;
    status.textContent = words.length ? count(notebooks, 'notebook') + ', ' + count(findings, 'finding') : '';
  }
  box.closest('.search').hidden = false;
  box.addEventListener('input', search);
  box.addEventListener('keydown', function (event) {
    if (event.key === 'Escape' && box.value) { box.value = ''; search(); event.preventDefault(); }
  });
  // A browser may put back what was searched for when one comes back to the page.
  window.addEventListener('pageshow', search);
  search();
})();
