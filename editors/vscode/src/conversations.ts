// The state of each document in which Aside is used: the conversation that the document shows, and the state of its
// reply. The conversation is a copy of what the daemon has sent. Deltas are appended to the copy. The conversation is
// fetched again when turns were added, ended or changed by another editor. A state is kept until its document is
// closed.
import { EventEmitter } from 'node:events';
import * as vscode from 'vscode';
import { Daemon, Failure } from './daemon';
import { Documents } from './documents';
import { label } from './places';
import { Answered, Attachment, Conversation, Delta, Proposal, Status } from './protocol';
import { Topic, isStillOpen } from './topics';

const most_attempts = 4; // to get edits that fit the present text of the documents

export interface DocumentState {
  document: Topic;
  name: string; // the document's name, for people
  uri: string;
  conversation?: Conversation; // absent until the daemon has sent it
  status?: Status; // the state of the reply that is being written
  retryAt?: number; // when the daemon sends the request again, in ms as Date.now()
  asking: boolean; // a question was sent and the daemon has not reacted yet
  beside: Beside[]; // side questions of this window that the page shows above the question box
  failure?: Failure; // the error of the last request, unless the conversation itself shows the error
}

// A question as it is sent. `conversation` is the conversation that the user saw when asking; the document may show
// another one by now. `rewrite`: the lines whose new text is asked for. `side`: a side question.
export interface Question {
  question: string; attachments: readonly Attachment[]; conversation?: string | undefined; parent?: string | null | undefined; current?: false;
  rewrite?: Attachment; side?: true;
}

// A side question, and the text of its reply so far. `turn` is the reply's turn, and is empty until the reply has
// begun.
export interface Beside {
  conversation: string; question: string; turn: string; text: string; thinking: string; status?: Status; ended: boolean;
}

interface Events {
  changed: [DocumentState]; // any change except added text
  textAdded: [DocumentState, Delta];
  // A reply that this window asked for has ended; not emitted for side questions.
  answered: [DocumentState, Answered, askedAt: number];
  notice: [message: string]; // the daemon's note about a change, such as what another model costs
}

export class Conversations extends EventEmitter<Events> {
  private readonly states = new Map<string, DocumentState>(); // by the document's URI in VS Code
  // By turn: events of a reply of which isn't known yet whether it is on the path or is a side reply. `claim` finds
  // out.
  private readonly unclaimed = new Map<string, (Delta | Status)[]>();
  // Resolves when the latest side reply has begun. The next side question is sent after that. So at any time, a new
  // side reply can belong to one question only.
  private besideBegun: Promise<unknown> = Promise.resolve();

  constructor(private readonly daemon: Daemon, private readonly documents: Documents, subscriptions: vscode.Disposable[]) {
    super();
    daemon.on('delta', (delta) => this.statesShowing(delta).forEach((state) => this.append(state, delta)));
    daemon.on('status', (status) => this.statesShowing(status).forEach((state) => this.setStatus(state, status)));
    daemon.on('changed', (change) => {
      const shows = this.statesShowing(change);
      for (const state of this.all) if (state.uri === change.uri || shows.includes(state)) void this.fetch(state);
    });
    daemon.on('up', () => this.refresh());
    daemon.on('down', () => {
      for (const state of this.all) this.update(state, { status: undefined, asking: false, beside: state.beside.filter(({ ended }) => ended) });
    });
    documents.on('renamed', () => this.refresh());
    subscriptions.push(
      vscode.workspace.onDidCloseTextDocument((document) => {
        if (isStillOpen(document)) documents.reopen(document);
        else if (this.states.delete(document.uri.toString()) || documents.isOpen(document)) documents.close(document);
      }),
      vscode.workspace.onDidCloseNotebookDocument((notebook) => this.states.delete(notebook.uri.toString()) && documents.close(notebook)),
    );
  }

  // Returns the state of a document, or undefined if there is none yet.
  existing(document: Topic): DocumentState | undefined {
    return this.states.get(document.uri.toString());
  }

  // Returns the state of the document with this URI in the daemon.
  ofUri(uri: string | undefined): DocumentState | undefined {
    return this.all.find((state) => state.uri === uri);
  }

  // Returns the state of a document, and makes it if necessary. `changed` is emitted when the daemon has sent the
  // document's conversation.
  stateOf(document: Topic): DocumentState {
    let state = this.existing(document);
    if (!state) {
      state = { document, name: label(document), uri: this.documents.uri(document), asking: false, beside: [] };
      this.states.set(document.uri.toString(), state);
      void this.fetch(state);
    }
    return state;
  }

  // Resolves to the state of a document with its conversation. Throws if the daemon can't send the conversation.
  async ready(document: Topic): Promise<DocumentState & { conversation: Conversation }> {
    const state = this.stateOf(document);
    if (!state.conversation) await this.fetch(state);
    if (!state.conversation) throw state.failure ?? this.daemon.failure;
    return state as DocumentState & { conversation: Conversation };
  }

  // Resolves to the conversation of a document as the daemon has it now.
  async latest(document: Topic): Promise<Conversation> {
    const state = this.stateOf(document);
    await this.fetch(state);
    return (await this.ready(document)).conversation;
  }

  // Sends a question. If the daemon refuses it, resolves to the error; no conversation holds the question then. The error is
  // also kept in the state, except when the user has to agree first. `consent` holds the reasons to which the user has agreed.
  async ask(document: Topic, question: Question, consent: readonly string[] = []): Promise<Failure | undefined> {
    const state = this.stateOf(document);
    const request = async () => {
      await this.synchronise(state, question);
      return this.daemon.request<Answered>('conversation/ask', { textDocument: { uri: state.uri }, ...question, ...(consent.length > 0 && { consent }) });
    };
    if (question.side && (await this.ready(document)).conversation.turns.length > 0) return this.requestBeside(state, question.question, request);
    // From now on, ended side questions are shown only below the replies that they follow, folded.
    this.update(state, { beside: state.beside.filter(({ ended }) => !ended) });
    const ask = () => this.requestReply(state, request);
    const before = new Set(state.conversation?.turns.map(({ turn }) => turn));
    const refusal = await ask();
    if (refusal?.data.kind !== 'died') return refusal;
    // The daemon has died. The next daemon sends the conversation. If the question isn't stored in it, asks again.
    await this.fetch(state);
    return state.conversation?.turns.some(({ turn }) => !before.has(turn)) ? undefined : ask();
  }

  // Resolves to a description of what `ask` would send.
  async preview(document: Topic, question: Question): Promise<{ text: string }> {
    const state = this.stateOf(document);
    await this.synchronise(state, question);
    return this.daemon.request('conversation/preview', { textDocument: { uri: state.uri }, ...question });
  }

  async reply(document: Topic, method: 'retry' | 'continue' | 'compact', params: { turn?: string; instructions?: string } = {}): Promise<void> {
    const state = await this.ready(document);
    const { conversation, sides = [] } = state.conversation;
    const request = () => this.daemon.request<Answered>(`conversation/${method}`, { conversation, ...params });
    const side = sides.find(({ turn }) => turn === params.turn);
    if (side) await this.requestBeside(state, sides.find(({ turn }) => turn === side.parent)?.text ?? '', request);
    else await this.requestReply(state, request);
  }

  // Resolves to the places of a reply's code blocks; with `block`, to the place of this block only. The result fits the
  // documents as they are in VS Code now: documents that aren't open are opened.
  async edits(document: Topic, turn: string, block?: number): Promise<Proposal[]> {
    const state = await this.ready(document);
    await this.synchronise(state, { attachments: [] });
    const missing = new Set<string>(); // documents that can't be opened
    for (let attempt = 0; attempt < most_attempts; attempt++) {
      const proposals = (await this.lookUpEdits(state.conversation.conversation, turn, block)).map((proposal): Proposal =>
        (!missing.has(proposal.textDocument?.uri ?? '') ? proposal : { ...proposal, state: 'unplaced', edits: [], reason: 'Its file can’t be opened as a text here.' }));
      const placed = proposals.filter(({ state }) => state !== 'unplaced');
      const stale = new Set(placed.flatMap(({ textDocument }) => (textDocument && !this.documents.isAt(textDocument) ? [textDocument.uri] : [])));
      if (stale.size === 0) return proposals;
      for (const uri of stale) if (!await this.documents.openByUri(uri)) missing.add(uri);
    }
    throw new Failure('the file keeps changing', { kind: 'changing', hint: 'Try again when nothing changes the file.' });
  }

  // Like `edits`, but for the documents as the daemon knows them: no document is opened.
  async lookUpEdits(conversation: string, turn: string, block?: number): Promise<Proposal[]> {
    if (!this.daemon.offers('edits')) throw new Failure('this asided is too old to place code', { kind: 'tooOld', hint: 'Install a newer asided, or clear the setting aside.command.' });
    return (await this.daemon.request<{ proposals: Proposal[] }>('conversation/edits', { conversation, turn, ...(block !== undefined && { block }) })).proposals;
  }

  // Sends a request whose result is the changed conversation.
  async change(document: Topic, method: 'select' | 'open' | 'configure' | 'fork' | 'import', params: object): Promise<void> {
    const state = await this.ready(document);
    const target = { conversation: state.conversation.conversation, textDocument: { uri: state.uri } };
    const { notice, ...conversation } = await this.daemon.request<Conversation & { notice?: string }>(`conversation/${method}`, { ...target, ...params });
    this.accept(state, conversation);
    if (notice) this.emit('notice', notice);
  }

  async new(document: Topic): Promise<void> {
    const state = this.stateOf(document);
    await this.daemon.request('conversation/new', { textDocument: { uri: state.uri } });
    await this.fetch(state);
  }

  // Deletes a conversation. A document that showed it then shows another of its conversations, the one that was changed
  // last, if there is any.
  async delete(conversation: string): Promise<void> {
    await this.daemon.request('conversation/delete', { conversation });
    this.refresh();
  }

  // Stops the reply `turn`; without `turn`, stops the reply of the path.
  async stop(document: Topic, turn?: string): Promise<void> {
    const { conversation } = (await this.ready(document)).conversation;
    await this.daemon.request('conversation/stop', { conversation, ...(turn && { turn }) });
  }

  // Removes an ended side question from the place above the question box. It stays folded below the reply that it
  // follows.
  foldBeside(state: DocumentState, turn: string): void {
    this.update(state, { beside: state.beside.filter((side) => side.turn !== turn || !side.ended) });
  }

  get running(): DocumentState[] {
    return this.all.filter((state) => state.status || state.asking || state.beside.some(({ ended }) => !ended));
  }

  refresh(): void {
    for (const state of this.all) void this.fetch(state);
  }

  private get all(): DocumentState[] {
    return [...this.states.values()];
  }

  private statesShowing({ conversation }: { conversation: string }): DocumentState[] {
    return this.all.filter((state) => state.conversation?.conversation === conversation);
  }

  // Opens the document, and the documents that are shared or attached, in the daemon. So the daemon sends their text as
  // it is in VS Code.
  private async synchronise({ document, conversation }: DocumentState, { attachments }: Pick<Question, 'attachments'>): Promise<void> {
    await this.daemon.start();
    this.documents.openInDaemon(document);
    this.documents.openAttached([...(conversation?.shared ?? []).map((uri) => ({ uri })), ...attachments]);
  }

  // Sends a request for a reply. Resolves to the error if no turn of the conversation shows it.
  private async requestReply(state: DocumentState, request: () => Promise<Answered>): Promise<Failure | undefined> {
    let replyBegan = false;
    const askedAt = Date.now();
    const listen = ({ conversation }: Status) => (replyBegan ||= conversation === state.conversation?.conversation);
    this.daemon.on('status', listen);
    this.update(state, { asking: !state.status, failure: undefined });
    try {
      const answer = await request();
      this.emit('answered', state, answer, askedAt);
      return undefined;
    } catch (error) {
      return refusalOf(state, error, replyBegan);
    } finally {
      this.daemon.off('status', listen);
      this.update(state, { asking: false });
    }
  }

  // Like `requestReply`, for a reply to a side question.
  private async requestBeside(state: DocumentState, question: string, request: () => Promise<Answered>): Promise<Failure | undefined> {
    const { conversation } = state.conversation!;
    const side: Beside = { conversation, question, turn: '', text: '', thinking: '', ended: false };
    const before = this.besideBegun;
    let begun = () => {};
    this.besideBegun = new Promise<void>((resolve) => (begun = resolve));
    const listen = (changed: DocumentState) => changed === state && side.turn && begun();
    this.on('changed', listen);
    await before;
    this.update(state, { beside: [...state.beside, side], failure: undefined });
    try {
      const { turn } = await request();
      side.turn = turn;
      await this.fetch(state);
      return undefined;
    } catch (error) {
      const refusal = refusalOf(state, error, side.turn !== '');
      await this.fetch(state);
      if (!state.conversation?.sides?.some(({ turn }) => turn === side.turn)) state.beside = state.beside.filter((other) => other !== side);
      return refusal;
    } finally {
      this.off('changed', listen);
      begun();
      side.ended = true;
      this.update(state, {});
    }
  }

  private async fetch(state: DocumentState): Promise<void> {
    try {
      this.accept(state, await this.daemon.request<Conversation>('conversation/get', { textDocument: { uri: state.uri } }));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.update(state, { failure: error });
    }
  }

  private accept(state: DocumentState, conversation: Conversation): void {
    const last = conversation.turns.at(-1);
    const running = last?.status === 'streaming';
    const status = state.status?.turn === last?.turn ? state.status : undefined;
    const writing = { conversation: conversation.conversation, turn: last?.turn ?? '', state: 'writing' as const };
    const failure = state.failure?.data.kind === 'died' ? undefined : state.failure;
    this.update(state, { conversation, status: running ? status ?? writing : undefined, failure });
  }

  private append(state: DocumentState, delta: Delta): void {
    const unclaimed = this.unclaimed.get(delta.turn);
    if (unclaimed) return void unclaimed.push(delta);
    const last = state.conversation?.turns.at(-1);
    const turn = state.beside.find((side) => side.turn === delta.turn) ?? last;
    // If the conversation doesn't have this turn yet, the turn is being fetched, and the response will contain the
    // delta.
    if (turn?.turn !== delta.turn) return;
    turn[delta.kind] = (turn[delta.kind] ?? '') + delta.text;
    this.emit('textAdded', state, delta);
  }

  private setStatus(state: DocumentState, status: Status): void {
    const unclaimed = this.unclaimed.get(status.turn);
    if (unclaimed) return void unclaimed.push(status);
    const side = state.beside.find(({ turn }) => turn === status.turn);
    if (side) {
      if (status.state !== 'ended') side.status = status;
      return void this.emit('changed', state);
    }
    const known = state.conversation?.turns.some(({ turn }) => turn === status.turn);
    if (!known && state.beside.some(({ turn, ended }) => turn === '' && !ended)) return void this.claim(state, status);
    const ended = status.state === 'ended';
    const retryAt = status.retry && Date.now() + status.retry.delaySeconds * 1000;
    const turnIsShown = state.conversation?.turns.at(-1)?.turn === status.turn;
    Object.assign(state, { status: ended ? undefined : status, retryAt, asking: false, failure: undefined });
    if (ended || !turnIsShown) void this.fetch(state);
    else this.emit('changed', state);
  }

  // Finds out whether a reply that has just begun is on the path or answers the side question that was asked last. If
  // it is on the path, the fetched conversation has it.
  private async claim(state: DocumentState, status: Status): Promise<void> {
    this.unclaimed.set(status.turn, [status]);
    await this.fetch(state);
    const events = this.unclaimed.get(status.turn) ?? [];
    this.unclaimed.delete(status.turn);
    const onPath = state.conversation?.turns.some(({ turn }) => turn === status.turn);
    const side = state.beside.find(({ turn, ended }) => turn === '' && !ended);
    if (!onPath && side) side.turn = status.turn;
    for (const event of events) {
      if ('state' in event) this.setStatus(state, event);
      else if (!onPath) this.append(state, event); // on the path, the conversation already has the text
    }
  }

  private update(state: DocumentState, changes: Partial<DocumentState>): void {
    Object.assign(state, changes);
    this.emit('changed', state);
  }
}

// Returns the error with which a request for a reply ended; undefined if a turn of the conversation shows the error.
function refusalOf(state: DocumentState, error: unknown, replyBegan: boolean): Failure | undefined {
  if (!(error instanceof Failure)) throw error;
  const storedAsTurn = error.data.kind === 'died' ? replyBegan : error.data.turn && error.data.kind !== 'busy';
  if (storedAsTurn) return undefined;
  if (error.data.kind !== 'needsConsent') state.failure = error;
  return error;
}
