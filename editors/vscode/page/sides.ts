// Side questions. A side question that was asked in this window is shown above the question box until it is folded. All
// others are folded below the reply that they follow.
import { Beside } from '../src/messages';
import { visible } from '../src/plain';
import { Status, Turn } from '../src/protocol';
import { h, host, iconButton } from './dom';
import { Card } from './turns';

const words: Record<Status['state'], string> = {
  connecting: 'Sending…', waiting: 'Waiting for Claude…', thinking: 'Thinking…', writing: 'Writing…', retrying: 'Retrying…', storing: 'Not stored yet', ended: '',
};

export class Sides {
  private readonly cards = new Map<string, Card>(); // the cards of questions and replies, by turn
  private folded = new Map<string, HTMLDetailsElement>(); // the folded side questions, by the question's turn

  constructor(private readonly area: HTMLElement, private readonly scheduleRendering: (card: Card) => void) {}

  cardOf(turn: string): Card | undefined {
    return this.cards.get(turn);
  }

  // `sides` are the side questions and side replies that have ended. `other`: the page shows another conversation now.
  show(sides: readonly Turn[], beside: readonly Beside[], path: ReadonlyMap<string, Card>, other: boolean): void {
    if (other) this.folded.clear();
    const shown = new Set(beside.map(({ reply }) => reply.turn));
    const wanted = new Set([...sides.map(({ turn }) => turn), ...shown]);
    for (const turn of this.cards.keys()) if (other || !wanted.has(turn)) this.cards.delete(turn);
    this.showArea(beside);
    const places = new Map<string, HTMLElement[]>();
    for (const question of sides.filter(({ role }) => role === 'user')) {
      const replies = sides.filter(({ parent }) => parent === question.turn);
      const place = placeOf(question, sides);
      if (replies.length === 0 || replies.some(({ turn }) => shown.has(turn)) || !path.has(place)) continue;
      const fold = this.fold(question, replies);
      places.set(place, [...places.get(place) ?? [], fold]);
    }
    for (const [turn, card] of path) card.showSides(places.get(turn) ?? []);
  }

  // Opens the folded side question with this turn.
  open(turn: string): void {
    for (const fold of this.folded.values()) if (fold.querySelector(`[data-turn="${CSS.escape(turn)}"]`) || fold.dataset['turns']?.split(' ').includes(turn)) fold.open = true;
  }

  private showArea(beside: readonly Beside[]): void {
    const atEnd = this.area.scrollHeight - this.area.scrollTop - this.area.clientHeight < 48;
    const parts = beside.map(({ question, reply, status }) => {
      const card = this.card(reply);
      const state = reply.status === 'streaming' ? words[status?.state ?? 'connecting'] : '';
      const old = card.element.closest<HTMLElement>('#beside .side');
      const made = JSON.stringify([question, state, reply.status]);
      if (old?.dataset['made'] === made) return old; // nothing has changed; the old element stays, so that a button in it keeps the focus
      const close = iconButton('fold', 'Fold Into the Conversation', () => host.postMessage({ type: 'fold', turn: reply.turn }), { hidden: reply.status === 'streaming' });
      const head = h('div', { class: 'bar' }, h('span', { class: 'question', title: question }, question), h('span', { class: 'meta', role: 'status' }, state), close);
      const part = old ?? h('div', { class: 'side' });
      part.dataset['made'] = made;
      part.replaceChildren(head, card.element);
      return part;
    });
    if (parts.length !== this.area.childElementCount || parts.some((part, index) => part !== this.area.children[index])) this.area.replaceChildren(...parts);
    this.area.hidden = parts.length === 0;
    if (atEnd) this.area.scrollTop = this.area.scrollHeight;
  }

  private card(turn: Turn): Card {
    const card = this.cards.get(turn.turn) ?? new Card(turn, this.scheduleRendering);
    const isNew = !this.cards.has(turn.turn);
    this.cards.set(turn.turn, card);
    card.update(0, [turn], false);
    if (isNew) card.makeContent();
    return card;
  }

  // Makes the folded form of a question and its replies. Their cards are made when the user opens it.
  private fold(question: Turn, replies: readonly Turn[]): HTMLDetailsElement {
    const turns = [question, ...replies];
    const old = this.folded.get(question.turn);
    const fold = old ?? h('details', { class: 'side' }, h('summary', {}));
    const fill = () => {
      if (fold.open) fold.replaceChildren(fold.firstElementChild!, ...turns.map((turn) => this.card(turn).element));
    };
    fold.firstElementChild!.textContent = visible(`By the way: ${question.text.trim().split('\n')[0]!.slice(0, 120)}`);
    fold.dataset['turns'] = turns.map(({ turn }) => turn).join(' ');
    fold.ontoggle = fill;
    fill();
    this.folded.set(question.turn, fold);
    return fold;
  }
}

// Returns the reply on the path below which a side question is shown. If the side question follows another side
// question, both are shown below the same reply.
function placeOf(question: Turn, sides: readonly Turn[]): string {
  let { parent } = question;
  for (let next; (next = sides.find(({ turn }) => turn === parent)); ) parent = next.parent;
  return parent ?? '';
}
