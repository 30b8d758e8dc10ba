// The conversation that each document shows, and its state. It is a copy of what the daemon has sent, to which deltas are
// appended; it is fetched again whenever turns were added, ended or changed by another editor. All decisions
// are the daemon's. A document's conversation is held from the first look at it until the document is closed.
import { EventEmitter } from 'node:events';
import * as vscode from 'vscode';
import { Daemon, Failure } from './daemon';
import { Documents } from './documents';
import { label } from './places';
import { Attachment, Conversation, Delta, Status } from './protocol';
import { Topic, stays } from './topics';

export interface Thread {
  document: Topic;
  name: string; // of the document, for people
  uri: string;
  conversation?: Conversation; // absent until the daemon has told
  status?: Status; // of the reply that is being written
  retryAt?: number; // in ms, as Date.now()
  asking: boolean; // a question was sent and the daemon has not reacted yet
  failure?: Failure; // of the last request, unless the conversation itself shows it
}

// `conversation`: the one of the document's that the user sees.
export interface Question {
  question: string; attachments: readonly Attachment[]; conversation?: string | undefined; parent?: string | null | undefined; current?: false;
}

interface Events {
  changed: [Thread]; // anything but text that was added
  grown: [Thread, Delta];
  notice: [message: string]; // what a change costs
}

export class Conversations extends EventEmitter<Events> {
  private readonly threads = new Map<string, Thread>() // by the document's address;

  constructor(private readonly daemon: Daemon, private readonly documents: Documents, subscriptions: vscode.Disposable[]) {
    super();
    daemon.on('delta', (delta) => this.showing(delta).forEach((thread) => this.append(thread, delta)));
    daemon.on('status', (status) => this.showing(status).forEach((thread) => this.note(thread, status)));
    daemon.on('changed', (change) => {
      const shows = this.showing(change);
      for (const thread of this.all) if (thread.uri === change.uri || shows.includes(thread)) void this.fetch(thread);
    });
    daemon.on('up', () => this.refresh());
    daemon.on('down', () => {
      for (const thread of this.all) this.put(thread, { status: undefined, asking: false });
    });
    documents.on('renamed', () => this.refresh());
    subscriptions.push(
      vscode.workspace.onDidCloseTextDocument((document) => {
        if (stays(document)) documents.reopen(document);
        else if (this.threads.delete(document.uri.toString()) || documents.knows(document)) documents.close(document);
      }),
      vscode.workspace.onDidCloseNotebookDocument((notebook) => this.threads.delete(notebook.uri.toString()) && documents.close(notebook)),
    );
  }

  // The state of a document, if it was shown before.
  known(document: Topic): Thread | undefined {
    return this.threads.get(document.uri.toString());
  }

  // The state of a document by its URI in the daemon.
  under(uri: string | undefined): Thread | undefined {
    return this.all.find((thread) => thread.uri === uri);
  }

  // The state of a document, made if needed. Its first change comes when the daemon has sent the conversation.
  of(document: Topic): Thread {
    let thread = this.known(document);
    if (!thread) {
      thread = { document, name: label(document), uri: this.documents.uri(document), asking: false };
      this.threads.set(document.uri.toString(), thread);
      void this.fetch(thread);
    }
    return thread;
  }

  // The state with its conversation; throws if the daemon can't give it.
  async ready(document: Topic): Promise<Thread & { conversation: Conversation }> {
    const thread = this.of(document);
    if (!thread.conversation) await this.fetch(thread);
    if (!thread.conversation) throw thread.failure ?? this.daemon.failure;
    return thread as Thread & { conversation: Conversation };
  }

  // Sends a question. Resolves to the reason if the daemon refuses it; it is then in no conversation. The reason is shown,
  // unless the user must be asked first; with `consent` the user has been asked.
  async ask(document: Topic, question: Question, consent: readonly string[] = []): Promise<Failure | undefined> {
    const thread = this.of(document);
    const ask = () => this.answered(thread, async () => {
      await this.synchronise(thread, question);
      await this.daemon.request('conversation/ask', { textDocument: { uri: thread.uri }, ...question, ...(consent.length > 0 && { consent }) });
    });
    const before = new Set(thread.conversation?.turns.map(({ turn }) => turn));
    const refusal = await ask();
    if (refusal?.data.kind !== 'died') return refusal;
    await this.fetch(thread); // by the next daemon, which asks if the question did not reach the one that died
    return thread.conversation?.turns.some(({ turn }) => !before.has(turn)) ? undefined : ask();
  }

  // Tells what `ask` would do.
  async preview(document: Topic, question: Question): Promise<{ text: string }> {
    const thread = this.of(document);
    await this.synchronise(thread, question);
    return this.daemon.request('conversation/preview', { textDocument: { uri: thread.uri }, ...question });
  }

  async reply(document: Topic, method: 'retry' | 'continue' | 'compact', params: { turn?: string; instructions?: string } = {}): Promise<void> {
    const thread = await this.ready(document);
    const { conversation } = thread.conversation;
    await this.answered(thread, () => this.daemon.request(`conversation/${method}`, { conversation, ...params }));
  }

  // Sends a request whose result is the changed conversation.
  async change(document: Topic, method: 'select' | 'open' | 'configure' | 'fork' | 'import', params: object): Promise<void> {
    const thread = await this.ready(document);
    const of = { conversation: thread.conversation.conversation, textDocument: { uri: thread.uri } };
    const { notice, ...conversation } = await this.daemon.request<Conversation & { notice?: string }>(`conversation/${method}`, { ...of, ...params });
    this.take(thread, conversation);
    if (notice) this.emit('notice', notice);
  }

  async begin(document: Topic): Promise<void> {
    const thread = this.of(document);
    await this.daemon.request('conversation/new', { textDocument: { uri: thread.uri } });
    await this.fetch(thread);
  }

  // Deletes a conversation. Its documents then show the one before.
  async remove(conversation: string): Promise<void> {
    await this.daemon.request('conversation/delete', { conversation });
    this.refresh();
  }

  async stop(document: Topic): Promise<void> {
    const { conversation } = (await this.ready(document)).conversation;
    await this.daemon.request('conversation/stop', { conversation });
  }

  get running(): Thread[] {
    return this.all.filter((thread) => thread.status || thread.asking);
  }

  refresh(): void {
    for (const thread of this.all) void this.fetch(thread);
  }

  private get all(): Thread[] {
    return [...this.threads.values()];
  }

  private showing({ conversation }: { conversation: string }): Thread[] {
    return this.all.filter((thread) => thread.conversation?.conversation === conversation);
  }

  // Opens shared and attached documents in the daemon if they are open in VS Code, so that it sends their present text.
  private async synchronise({ document, conversation }: Thread, { attachments }: Question): Promise<void> {
    await this.daemon.start();
    this.documents.use(document);
    this.documents.useThose([...(conversation?.shared ?? []).map((uri) => ({ uri })), ...attachments]);
  }

  private async answered(thread: Thread, request: () => Promise<unknown>): Promise<Failure | undefined> {
    let begun = false;
    const listen = ({ conversation }: Status) => (begun ||= conversation === thread.conversation?.conversation);
    this.daemon.on('status', listen);
    this.put(thread, { asking: !thread.status, failure: undefined });
    try {
      await request();
      return undefined;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      const kept = error.data.kind === 'died' ? begun : error.data.turn && error.data.kind !== 'busy';
      if (kept) return undefined; // and shown, with the reason, as a turn
      if (error.data.kind !== 'needsConsent') thread.failure = error;
      return error;
    } finally {
      this.daemon.off('status', listen);
      this.put(thread, { asking: false });
    }
  }

  private async fetch(thread: Thread): Promise<void> {
    try {
      this.take(thread, await this.daemon.request<Conversation>('conversation/get', { textDocument: { uri: thread.uri } }));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.put(thread, { failure: error });
    }
  }

  private take(thread: Thread, conversation: Conversation): void {
    const last = conversation.turns.at(-1);
    const running = last?.status === 'streaming';
    const status = thread.status?.turn === last?.turn ? thread.status : undefined;
    const writing = { conversation: conversation.conversation, turn: last?.turn ?? '', state: 'writing' as const };
    const failure = thread.failure?.data.kind === 'died' ? undefined : thread.failure;
    this.put(thread, { conversation, status: running ? status ?? writing : undefined, failure });
  }

  private append(thread: Thread, delta: Delta): void {
    const turn = thread.conversation?.turns.at(-1);
    if (turn?.turn !== delta.turn) return; // it is being fetched, and the answer will contain this delta
    turn[delta.kind] = (turn[delta.kind] ?? '') + delta.text;
    this.emit('grown', thread, delta);
  }

  private note(thread: Thread, status: Status): void {
    const ended = status.state === 'ended';
    const retryAt = status.retry && Date.now() + status.retry.delaySeconds * 1000;
    const known = thread.conversation?.turns.at(-1)?.turn === status.turn;
    Object.assign(thread, { status: ended ? undefined : status, retryAt, asking: false, failure: undefined });
    if (ended || !known) void this.fetch(thread);
    else this.emit('changed', thread);
  }

  private put(thread: Thread, news: Partial<Thread>): void {
    Object.assign(thread, news);
    this.emit('changed', thread);
  }
}
