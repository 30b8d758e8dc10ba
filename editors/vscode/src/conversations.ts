// The state of each document in which Aside is used: the conversation that the document shows, and the state of its reply. The
// conversation is a copy of what the daemon has sent. Deltas are appended to the copy, and it is fetched again when turns were
// added, ended or changed by another editor. A state is kept until its document is closed.
import { EventEmitter } from 'node:events';
import * as vscode from 'vscode';
import { Daemon, Failure } from './daemon';
import { Documents } from './documents';
import { label } from './places';
import { Attachment, Conversation, Delta, Status } from './protocol';
import { Topic, isStillOpen } from './topics';

export interface DocumentState {
  document: Topic;
  name: string; // of the document, for people
  uri: string;
  conversation?: Conversation; // absent until the daemon has sent it
  status?: Status; // of the reply that is being written
  retryAt?: number; // in ms, as Date.now()
  asking: boolean; // a question was sent and the daemon has not reacted yet
  failure?: Failure; // of the last request, unless the conversation itself shows it
}

// `conversation` is the one that the user sees; the document may show another one by the time the question is sent.
export interface Question {
  question: string; attachments: readonly Attachment[]; conversation?: string | undefined; parent?: string | null | undefined; current?: false;
}

interface Events {
  changed: [DocumentState]; // everything but added text
  textAdded: [DocumentState, Delta];
  notice: [message: string]; // the daemon's note about a change, such as what another model costs
}

export class Conversations extends EventEmitter<Events> {
  private readonly states = new Map<string, DocumentState>(); // by the document's URI in VS Code

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
      for (const state of this.all) this.update(state, { status: undefined, asking: false });
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

  // The state of a document, if it has been made already.
  existing(document: Topic): DocumentState | undefined {
    return this.states.get(document.uri.toString());
  }

  // The state of a document by its URI in the daemon.
  ofUri(uri: string | undefined): DocumentState | undefined {
    return this.all.find((state) => state.uri === uri);
  }

  // The state of a document, which is made if needed. `changed` is emitted when the daemon has sent its conversation.
  stateOf(document: Topic): DocumentState {
    let state = this.existing(document);
    if (!state) {
      state = { document, name: label(document), uri: this.documents.uri(document), asking: false };
      this.states.set(document.uri.toString(), state);
      void this.fetch(state);
    }
    return state;
  }

  // The state of a document with its conversation. Throws if the daemon can't send it.
  async ready(document: Topic): Promise<DocumentState & { conversation: Conversation }> {
    const state = this.stateOf(document);
    if (!state.conversation) await this.fetch(state);
    if (!state.conversation) throw state.failure ?? this.daemon.failure;
    return state as DocumentState & { conversation: Conversation };
  }

  // Sends a question. If the daemon refuses it, resolves to the error; no conversation holds the question then. The error is
  // also kept in the state, except when the user has to agree first. `consent` holds the reasons to which the user has agreed.
  async ask(document: Topic, question: Question, consent: readonly string[] = []): Promise<Failure | undefined> {
    const state = this.stateOf(document);
    const ask = () => this.requestReply(state, async () => {
      await this.synchronise(state, question);
      await this.daemon.request('conversation/ask', { textDocument: { uri: state.uri }, ...question, ...(consent.length > 0 && { consent }) });
    });
    const before = new Set(state.conversation?.turns.map(({ turn }) => turn));
    const refusal = await ask();
    if (refusal?.data.kind !== 'died') return refusal;
    await this.fetch(state); // from the next daemon; a question that the dead daemon hasn't stored is asked again
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
    const { conversation } = state.conversation;
    await this.requestReply(state, () => this.daemon.request(`conversation/${method}`, { conversation, ...params }));
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

  // Deletes a conversation. A document that showed it then shows the last changed of its other conversations, if it has any.
  async delete(conversation: string): Promise<void> {
    await this.daemon.request('conversation/delete', { conversation });
    this.refresh();
  }

  async stop(document: Topic): Promise<void> {
    const { conversation } = (await this.ready(document)).conversation;
    await this.daemon.request('conversation/stop', { conversation });
  }

  get running(): DocumentState[] {
    return this.all.filter((state) => state.status || state.asking);
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

  // Opens in the daemon the document and the documents that are shared or attached, so that it sends their text as it is in VS
  // Code.
  private async synchronise({ document, conversation }: DocumentState, { attachments }: Question): Promise<void> {
    await this.daemon.start();
    this.documents.openInDaemon(document);
    this.documents.openAttached([...(conversation?.shared ?? []).map((uri) => ({ uri })), ...attachments]);
  }

  // Sends a request for a reply. Resolves to the error if no turn of the conversation shows it.
  private async requestReply(state: DocumentState, request: () => Promise<unknown>): Promise<Failure | undefined> {
    let replyBegan = false;
    const listen = ({ conversation }: Status) => (replyBegan ||= conversation === state.conversation?.conversation);
    this.daemon.on('status', listen);
    this.update(state, { asking: !state.status, failure: undefined });
    try {
      await request();
      return undefined;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      const storedAsTurn = error.data.kind === 'died' ? replyBegan : error.data.turn && error.data.kind !== 'busy';
      if (storedAsTurn) return undefined; // the conversation shows the failed turn, with the reason
      if (error.data.kind !== 'needsConsent') state.failure = error;
      return error;
    } finally {
      this.daemon.off('status', listen);
      this.update(state, { asking: false });
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
    const turn = state.conversation?.turns.at(-1);
    if (turn?.turn !== delta.turn) return; // that turn is being fetched, and the answer contains this delta
    turn[delta.kind] = (turn[delta.kind] ?? '') + delta.text;
    this.emit('textAdded', state, delta);
  }

  private setStatus(state: DocumentState, status: Status): void {
    const ended = status.state === 'ended';
    const retryAt = status.retry && Date.now() + status.retry.delaySeconds * 1000;
    const turnIsShown = state.conversation?.turns.at(-1)?.turn === status.turn;
    Object.assign(state, { status: ended ? undefined : status, retryAt, asking: false, failure: undefined });
    if (ended || !turnIsShown) void this.fetch(state);
    else this.emit('changed', state);
  }

  private update(state: DocumentState, changes: Partial<DocumentState>): void {
    Object.assign(state, changes);
    this.emit('changed', state);
  }
}
