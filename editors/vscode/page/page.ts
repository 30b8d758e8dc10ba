// The view's page: a conversation, the state of the reply that is being written, and a box for the next question. The
// page shows what the extension sends. It keeps nothing itself except the reader's place.
import { ActionButton, buttonsFor, console_page, hasConsole } from '../src/errors';
import { fullnessWarning, meter } from '../src/figures';
import { Answer, Asked, Placed, Show, ToPage } from '../src/messages';
import { Delta, Status } from '../src/protocol';
import { sentences, visible } from '../src/plain';
import { Composer } from './composer';
import { button, h, host, icon, iconButton } from './dom';
import { known_places } from './markdown';
import { Sides } from './sides';
import { Card, noticeContent, shortModel } from './turns';

const near_end_px = 48;
const made_at_once = 4; // this many cards, the last ones, get their content before the first frame
const most_places = 200;

const title = h('h1', { id: 'title' });
const totals = h('span', { class: 'meta' });
const feed = h('div', { id: 'feed', tabindex: 0 }, loading());
const down = iconButton('arrow-down', 'To the End', () => toEnd(), { id: 'down', hidden: true });
const full = h('div', { id: 'full', class: 'note', hidden: true });
const instructions = h('div', { id: 'instructions', hidden: true });
const elsewhere = h('div', { id: 'elsewhere' });
const failure = h('div', { id: 'failure', class: 'note', hidden: true });
const state = h('div', { id: 'state', hidden: true });
const beside = h('div', { id: 'beside', role: 'group', 'aria-label': 'Side questions', hidden: true });
const announcement = h('div', { class: 'unseen', 'aria-live': 'polite' });
const composer = new Composer((words) => {
  announcement.textContent = words;
});
document.body.append(h('main', {}, h('div', { id: 'top' }, title, totals), feed, h('div', { id: 'over' }, down), beside, elsewhere, failure, full, instructions, state, composer.element, announcement));

let shown: Show | undefined;
let cards = new Map<string, Card>();
let following = true; // whether the page scrolls while text is added: true if the reader is at the end
// The pressed button ‹ or ›: the turn to which it leads, its label, and its position.
let step: { to: string; label: string; top: number } | undefined;
const unrendered = new Set<Card>(); // cards with something to render
const sides = new Sides(beside, scheduleRendering);
const placed = new Map<string, Placed[]>(); // the places of code blocks, by the reply's turn
let frame = 0;
let clock = 0;

function show(next: Show): void {
  const before = shown;
  shown = next.same ? { ...next, conversation: before?.conversation } : next;
  const { conversation, name, uri } = shown;
  host.context = { uri, conversation: conversation?.conversation };
  const questions = conversation?.turns.filter(({ role }) => role === 'user') ?? [];
  const other = conversation?.conversation !== before?.conversation?.conversation || uri !== before?.uri;
  if (!next.same || cards.size === 0 || next.server !== before?.server) showTurns(shown, other);
  sides.show(conversation?.sides ?? [], next.beside, cards, other);
  document.body.classList.toggle('no-edits', !next.offers.edits);
  feed.setAttribute('aria-label', visible(name ? `Conversation about ${name}` : 'Conversation'));
  title.replaceChildren(visible(name ?? 'Aside'), conversation?.title ? h('span', {}, conversation.title) : '');
  title.title = visible([name, conversation?.title].filter(Boolean).join('\n'));
  totals.textContent = totals.title = conversation ? meter(conversation) : '';
  elsewhere.replaceChildren(...next.elsewhere.map((other) =>
    h('button', { type: 'button', class: 'text-button', onclick: () => host.postMessage({ type: 'visit', name: other }) },
      icon('loading'), `A reply is being written for ${other}`)));
  showFailure(next);
  showFullness(shown);
  showInstructions(shown);
  showState(shown, before);
  composer.update(conversation ? [shortModel(conversation.model), conversation.effort].filter(Boolean).join(' · ') : '',
    questions.map(({ text }) => text), running(shown), next.offers.side);
  showAsked(next.draft.asked);
  composer.showDraft(next.draft, uri !== before?.uri); // if the document is the same, the text in the box is newer
  if (other || questionAdded(shown, before)) following = true;
  if (other) renderNow();
  if (!next.same) keepPressedButton(other);
  followEnd();
}

let asking: string | undefined; // the turn whose card shows what it asks to see
function showAsked(asked: Asked | undefined): void {
  if (asking !== asked?.turn) cards.get(asking ?? '')?.showAsked(undefined);
  asking = asked?.turn;
  cards.get(asking ?? '')?.showAsked(asked);
}

// Whether the last turn is new because a question was asked, and not because another branch was chosen.
function questionAdded({ conversation }: Show, before: Show | undefined): boolean {
  const last = conversation?.turns.at(-1);
  const earlier = before?.conversation?.turns ?? [];
  if (!last || earlier.some(({ turn }) => turn === last.turn)) return false;
  return last.status === 'streaming' || earlier.length === 0 || cards.has(earlier.at(-1)!.turn);
}

// After the user has pressed ‹ or ›, the page shows another turn. That turn's button is scrolled to where the pressed
// button was, under the mouse, and gets the focus.
function keepPressedButton(other: boolean): void {
  const card = step && !other && cards.get(step.to);
  if (!step || !card) return;
  if (card !== [...cards.values()].at(-1)) following = false;
  card.makeContent();
  renderNow();
  const buttons = [...card.element.querySelectorAll<HTMLButtonElement>('[data-step], .icon[disabled]')];
  const same = buttons.find((button) => button.title === step!.label);
  if (document.hasFocus()) (same?.disabled ? buttons.find((button) => !button.disabled) : same)?.focus({ preventScroll: true });
  feed.scrollTop += (same?.getBoundingClientRect().top ?? step.top) - step.top;
  step = undefined;
}

function showTurns(next: Show, other: boolean): void {
  const turns = next.conversation?.turns ?? [];
  const old = other ? new Map<string, Card>() : cards;
  cards = new Map(turns.map((turn) => [turn.turn, old.get(turn.turn) ?? new Card(turn, scheduleRendering)]));
  turns.forEach((turn, index) => {
    const card = cards.get(turn.turn)!;
    card.update(index, turns, hasConsole(next.server));
    if (old.has(turn.turn)) return;
    if (index >= turns.length - made_at_once) card.makeContent();
    else nearView.observe(card.element);
  });
  feed.setAttribute('role', turns.length > 0 ? 'feed' : 'group'); // a feed must have articles
  const elements = turns.length > 0 ? [...cards.values()].map(({ element }) => element) : [welcome(next)];
  const kept = elements.every((element, index) => element === feed.children[index] || (turns.length === 0 && element.outerHTML === feed.children[index]?.outerHTML));
  if (!kept || elements.length !== feed.children.length) feed.replaceChildren(...elements);
}

function running({ asking, status, conversation }: Show): boolean {
  return asking || status !== undefined || conversation?.turns.at(-1)?.status === 'streaming';
}

function loading(): HTMLElement {
  return h('div', { class: 'welcome' }, h('p', {}, 'Loading…'));
}

function welcome({ name, conversation, failure, key, draft }: Show): HTMLElement {
  if (!conversation) return failure ? h('div', { class: 'welcome' }) : loading();
  const nothing = draft.hasFile ? `Nothing has been asked about ${name} yet.` : 'No file is open. Aside keeps a conversation for each file, and this one for questions without a file.';
  const first = conversation.redo ? 'You are before the first question. “Redo” goes forward again.' : nothing;
  const { candidates = [] } = conversation;
  const fits = candidates.length === 1 ? 'A conversation may belong to this file: it is about a file that is gone and had the same content.'
    : `${candidates.length} conversations may belong to this file: they are about files that are gone and had the same content.`;
  return h('div', { class: 'welcome' }, icon('comment-discussion'), h('p', {}, first),
    candidates.length > 0 && h('div', { class: 'note' }, ...noticeContent('history', fits, [['Choose…', 'switch']])),
    key ? keyCard(key) : draft.hasFile ? h('p', {}, 'Select code and press ', icon('add'), ' below, or Alt+A D, to show it to Claude. The line above the question says what is sent with it.')
      : h('p', {}, 'The clip ', icon('attach'), ' below attaches files.'));
}

// Shows what the user must do before a question can be answered.
function keyCard({ missing, message, server }: NonNullable<Show['key']>): HTMLElement {
  const ask = (action: ActionButton[1]) => () => host.postMessage({ type: 'do', action });
  return h('div', { id: 'key', class: 'note' }, icon('key'),
    h('div', {},
      h('p', {}, h('strong', {}, missing ? 'Aside needs a key to ask Claude.' : 'Nothing can be asked yet.')),
      missing && hasConsole(server) ? h('p', {}, 'Make a key in the ', h('a', { href: console_page }, 'Claude Console'), ', copy it, and set it here. It is kept in VS Code’s secret storage.')
        : h('p', {}, missing && server ? `Set the key for ${server} here. If this server needs no key, set aside.credential to “none”.` : message),
      missing && h('p', {}, 'Questions that you ask now are sent when the key is set.')),
    h('span', { class: 'buttons' }, missing && button('Set API Key…', ask('setApiKey')), !missing && button('Open Settings', ask('settings')), button('Check Set-up', ask('check'))));
}

function showFailure({ failure: problem }: Show): void {
  failure.hidden = !problem;
  if (problem) failure.replaceChildren(...noticeContent('warning', sentences(problem.message, problem.hint), buttonsFor(problem)));
}

function showFullness({ conversation }: Show): void {
  const text = conversation ? fullnessWarning(conversation) : '';
  full.hidden = text === '';
  if (text) full.replaceChildren(...noticeContent('warning', text, [['Compact…', 'compact']]));
}

// Shows a line about instructions: it asks whether to use a file, or has a notice about the files that are used.
function showInstructions({ offer, conversation }: Show): void {
  const { notice: instructionsNotice } = conversation?.instructions ?? {};
  instructions.hidden = !offer && !instructionsNotice;
  if (instructions.hidden) return;
  const answer = (label: string, answer: Answer, title: string) =>
    button(label, () => host.postMessage({ type: 'instructions', answer }), { title });
  const folder = offer && decodeURIComponent(offer.folder.split('/').at(-1) ?? '');
  const asks = `${instructionsNotice ? `${instructionsNotice} ` : ''}${offer ? `Let Claude follow ${folder}/${offer.name}?` : ''}`.trim();
  const made = JSON.stringify([offer, instructionsNotice]);
  if (instructions.dataset['made'] === made) return; // nothing has changed; the old line stays, so that a button in it keeps the focus
  instructions.dataset['made'] = made;
  instructions.replaceChildren(icon('law'), h('span', {}, asks), offer && h('span', { class: 'buttons' },
    answer('Allow', 'allow', `${offer.name} is sent with every conversation about files in ${folder}`),
    answer('Not Now', 'later', 'Ask again in the next window'), answer('Never', 'never', 'Don’t ask again in this folder; “Aside: Instructions” changes this')) || '');
}

const words: Record<Status['state'], string> = {
  connecting: 'Connecting…', waiting: 'Waiting for Claude…', thinking: 'Thinking…', writing: 'Writing…', retrying: '', storing: '', ended: '',
};

function showState(next: Show, before: Show | undefined): void {
  const { status, retryAt, asking } = next;
  clearTimeout(clock);
  let text = status ? words[status.state] : asking ? 'Sending…' : '';
  if (status?.retry && status.state === 'retrying') {
    const seconds = Math.max(0, Math.ceil(((retryAt ?? 0) - Date.now()) / 1000));
    text = `Retrying in ${seconds} s (${status.retry.attempt} of ${status.retry.of}): ${status.retry.reason}`;
    clock = window.setTimeout(() => showState(next, next), 1000);
  }
  if (status?.retry && status.state === 'storing') text = `Not stored yet, and kept in memory: ${status.retry.reason}`;
  text = visible(text);
  if (state.textContent !== text) state.textContent = text;
  state.hidden = text === '';
  feed.setAttribute('aria-busy', String(running(next)));
  if (before === next || before?.conversation?.conversation !== next.conversation?.conversation) return;
  const last = next.conversation?.turns.at(-1);
  if (text && (status?.state !== before?.status?.state || asking !== before?.asking)) announcement.textContent = text;
  else if (before && running(before) && !running(next)) {
    announcement.textContent = last?.status === 'complete' ? 'The reply is complete.' : last?.status === 'failed' ? 'No reply came.' : 'The reply is not complete.';
  }
}

function appendDeltas(deltas: Delta[]): void {
  for (const { turn, kind, text } of deltas) cardOf(turn)?.append(kind, text);
}

function cardOf(turn: string): Card | undefined {
  return cards.get(turn) ?? sides.cardOf(turn);
}

// Cards are rendered in steps: each frame renders a few steps, and a pause follows a long frame, so that the view stays
// usable.
function scheduleRendering(card: Card): void {
  unrendered.add(card);
  frame ||= requestAnimationFrame(renderUnrendered);
}

function renderUnrendered(): void {
  const began = performance.now();
  for (const card of unrendered) {
    if (!card.renderStep()) unrendered.delete(card);
    if (performance.now() - began > 8) break;
  }
  followEnd();
  const took = performance.now() - began;
  frame = 0;
  if (unrendered.size === 0) return whenRendered();
  frame = -1;
  const again = () => {
    frame = requestAnimationFrame(renderUnrendered);
  };
  if (took > 16) setTimeout(again, 2 * took);
  else again();
}

function whenRendered(): void {
  for (const [turn, blocks] of placed) cardOf(turn)?.markBlocks(blocks);
  askPlaces();
}

// Asks the extension about the names of places (`main.c:7`) that were rendered for the first time.
function askPlaces(): void {
  const names = new Set([...feed.querySelectorAll('.place')].map(({ textContent }) => textContent).filter((name) => !known_places.has(name)));
  for (const name of names) known_places.set(name, false);
  if (names.size > 0) host.postMessage({ type: 'places', names: [...names].slice(0, most_places) });
}

function linkPlaces(known: string[]): void {
  for (const name of known) known_places.set(name, true);
  for (const span of feed.querySelectorAll('.place')) {
    if (known_places.get(span.textContent)) span.replaceWith(h('a', { href: span.textContent }, span.textContent));
  }
}

// Renders the last cards at once, so that the first frame shows them.
function renderNow(): void {
  const began = performance.now();
  for (const card of [...unrendered].reverse()) {
    if (performance.now() - began > 30) return;
    if (!card.renderStep()) unrendered.delete(card);
  }
}

const nearView = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    nearView.unobserve(target);
    cards.get((target as HTMLElement).dataset['turn'] ?? '')?.makeContent();
  }
}, { root: feed, rootMargin: '1000px 0px' });

function followEnd(): void {
  if (following) feed.scrollTop = feed.scrollHeight;
  down.hidden = following;
}

function toEnd(): void {
  following = true;
  followEnd();
}

feed.addEventListener('scroll', () => {
  following = feed.scrollHeight - feed.scrollTop - feed.clientHeight < near_end_px;
  down.hidden = following;
});
new ResizeObserver(followEnd).observe(feed);
feed.addEventListener('contentvisibilityautostatechange', () => requestAnimationFrame(followEnd), true); // a card that comes into view gets its true height

// Moves the focus to a turn or to the question box. If the focus is outside of the page, waits until the page gets the focus.
let pendingFocus: { turn: string | undefined } | undefined;
function focusWhenHere(turn: string | undefined): void {
  pendingFocus = document.hasFocus() ? undefined : { turn };
  if (!pendingFocus) focus(turn);
}
function takeFocus(): void {
  // A click on the icon that opens the view focuses the page, but no element in it.
  if (pendingFocus || document.activeElement === document.body) focus(pendingFocus?.turn);
  pendingFocus = undefined;
}
window.addEventListener('focus', takeFocus);
if (document.hasFocus()) takeFocus();

function focus(turn: string | undefined): void {
  if (turn !== undefined) sides.open(turn);
  const card = turn === undefined ? undefined : cardOf(turn);
  if (!card) {
    if (document.activeElement !== composer.question) composer.question.focus(); // only if needed: a late call could take the focus from an input box that VS Code has opened just now
    return;
  }
  following = false;
  card.element.focus();
  card.element.scrollIntoView();
}

// The key after Alt+A belongs to one of VS Code's commands. The box must not get this key as text.
const chord_ms = 5000; // how long VS Code waits for that key
let chord = -chord_ms;
document.addEventListener('keydown', (event) => {
  if (/^(Alt|AltGraph|Control|Meta|Shift)$/.test(event.key)) return;
  if (event.timeStamp - chord < chord_ms) {
    chord = -chord_ms;
    event.preventDefault();
  } else if (event.altKey && !event.shiftKey && !event.metaKey && (event.key.toLowerCase() === 'a' || event.code === 'KeyA')) {
    chord = event.timeStamp;
  }
}, true);
window.addEventListener('blur', () => {
  chord = -chord_ms;
});

// Alt with an arrow key goes from turn to turn, and between the last turn and the box.
document.addEventListener('keydown', (event) => {
  const step = event.altKey && { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (!step || cards.size === 0) return;
  event.preventDefault();
  const articles = [...feed.children] as HTMLElement[];
  const at = articles.findIndex((article) => article.contains(document.activeElement));
  const to = at >= 0 ? at + step : step < 0 ? articles.length - 1 : document.activeElement === feed ? 0 : articles.length;
  if (to === articles.length) composer.question.focus();
  else articles[to]?.focus();
});

document.addEventListener('click', (event) => {
  const target = event.target as Element;
  const link = target.closest('a');
  if (link) {
    event.preventDefault();
    host.postMessage({ type: 'link', href: link.getAttribute('href') ?? '' });
  }
  const action = target.closest<HTMLElement>('[data-code]');
  const text = action?.closest('.code')?.querySelector('code')?.textContent ?? '';
  if (action?.dataset['code'] === 'apply') {
    const turn = action.closest<HTMLElement>('.turn')?.dataset['turn'] ?? '';
    host.postMessage({ type: 'apply', turn, line: Number(action.closest<HTMLElement>('.code')?.dataset['line']) });
  } else if (action) {
    host.postMessage({ type: action.dataset['code'] === 'copy' ? 'copy' : 'insert', text });
  }
  const to = target.closest<HTMLElement>('[data-step]');
  if (!to) return;
  step = { to: to.dataset['step']!, label: to.title, top: to.getBoundingClientRect().top };
  host.postMessage({ type: 'do', action: 'select', turn: step.to });
});
document.addEventListener('auxclick', (event) => (event.target as Element).closest('a') && event.preventDefault());

const coloured = ['comment', 'keyword', 'type', 'string', 'number', 'title', 'variable'];
function setColours(colours: Record<string, string>): void {
  const { style } = document.documentElement;
  for (const name of coloured) {
    if (colours[name]) style.setProperty(`--code-${name}`, colours[name]);
    else style.removeProperty(`--code-${name}`);
  }
}

window.addEventListener('message', ({ data }: MessageEvent<ToPage>) => {
  if (data.type === 'show') show(data);
  else if (data.type === 'deltas') appendDeltas(data.deltas);
  else if (data.type === 'draft') {
    composer.showDraft(data.draft, data.text);
    showAsked(data.draft.asked);
    followEnd();
  }
  else if (data.type === 'completions') composer.complete(data.query, data.completions);
  else if (data.type === 'placed') {
    placed.set(data.turn, data.blocks);
    cardOf(data.turn)?.markBlocks(data.blocks);
  } else if (data.type === 'colours') setColours(data.colours);
  else if (data.type === 'places') linkPlaces(data.known);
  else focusWhenHere(data.turn);
});
host.postMessage({ type: 'ready' });
