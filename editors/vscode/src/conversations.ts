// Which conversation each document shows, and what is happening in it. A copy of what the daemon told, kept whole by
// appending deltas; it is fetched again whenever turns were added, ended or changed by someone else. All decisions
// are the daemon's. A document's thread is held from the first look at it until the document is closed.
import * as vscode from 'vscode';
import { Daemon, Failure } from './daemon';
import { Documents } from './documents';
import { Attachment, Conversation, Delta, Status } from './protocol';

export interface Thread {
  document: vscode.TextDocument;
  uri: string;
  conversation?: Conversation; // absent until the daemon has told
  status?: Status; // of the reply that is being written
  retryAt?: number; // in ms, as Date.now()
  asking: boolean; // a question is out and the daemon has said nothing yet
  failure?: Failure; // of the last request, unless the conversation itself shows it
}

export class Conversations implements vscode.Disposable {
  private readonly threads = new Map<string, Thread>();
  private readonly changes = new vscode.EventEmitter<Thread>();
  private readonly growths = new vscode.EventEmitter<{ thread: Thread; delta: Delta }>();
  private readonly subscriptions: vscode.Disposable[];
  readonly onChanged = this.changes.event; // anything but text that was added
  readonly onDelta = this.growths.event;

  constructor(private readonly daemon: Daemon, private readonly documents: Documents) {
    this.subscriptions = [
      daemon.onDelta((delta) => this.showing(delta.conversation, (thread) => this.append(thread, delta))),
      daemon.onStatus((status) => this.showing(status.conversation, (thread) => this.note(thread, status))),
      daemon.onChanged(({ conversation, uri }) => {
        for (const thread of this.threads.values()) {
          if (thread.uri === uri || thread.conversation?.conversation === conversation) void this.fetch(thread);
        }
      }),
      daemon.onUp(() => this.refresh()),
      daemon.onDown(() => {
        for (const thread of this.threads.values()) this.idle(thread);
      }),
      documents.onRenamed(() => this.refresh()),
      vscode.workspace.onDidCloseTextDocument((document) => {
        for (const [uri, thread] of this.threads) {
          if (thread.document === document && this.threads.delete(uri)) documents.close(document);
        }
      }),
    ];
  }

  // Shown from its next change on; the first one comes when the daemon has told of it.
  of(document: vscode.TextDocument): Thread {
    const uri = this.documents.uri(document);
    let thread = this.threads.get(uri);
    if (!thread) {
      this.threads.set(uri, (thread = { document, uri, asking: false }));
      void this.fetch(thread);
    }
    return thread;
  }

  // With its conversation's id known; throws what keeps it from being known.
  async ready(document: vscode.TextDocument): Promise<Thread & { conversation: Conversation }> {
    const thread = this.of(document);
    if (!thread.conversation) await this.fetch(thread);
    if (!thread.conversation) throw thread.failure ?? this.daemon.failure;
    return thread as Thread & { conversation: Conversation };
  }

  // Resolves to false if the daemon did not take the question; then it is in no conversation, and `failure` says why.
  async ask(document: vscode.TextDocument, question: string, attachments: Attachment[]): Promise<boolean> {
    const thread = this.of(document);
    return this.answered(thread, async () => {
      await this.daemon.start();
      this.documents.use(document);
      const textDocument = { uri: thread.uri };
      await this.daemon.request('conversation/ask', { textDocument, question, attachments });
    });
  }

  async reply(document: vscode.TextDocument, method: 'retry' | 'continue', turn?: string): Promise<void> {
    const thread = await this.ready(document);
    const { conversation } = thread.conversation;
    await this.answered(thread, () => this.daemon.request(`conversation/${method}`, { conversation, ...(turn && { turn }) }));
  }

  // A request that is answered with the conversation as it is then.
  async change(document: vscode.TextDocument, method: 'select' | 'open' | 'configure', params: object): Promise<void> {
    const thread = await this.ready(document);
    const { conversation } = thread.conversation;
    const textDocument = { uri: thread.uri };
    const changed = await this.daemon.request<Conversation>(`conversation/${method}`, { conversation, textDocument, ...params });
    this.put(thread, changed);
  }

  async begin(document: vscode.TextDocument): Promise<void> {
    const thread = this.of(document);
    await this.daemon.request('conversation/new', { textDocument: { uri: thread.uri } });
    await this.fetch(thread);
  }

  async stop(document: vscode.TextDocument): Promise<void> {
    const { conversation } = (await this.ready(document)).conversation;
    await this.daemon.request('conversation/stop', { conversation });
  }

  get running(): Thread[] {
    return [...this.threads.values()].filter((thread) => thread.status || thread.asking);
  }

  refresh(): void {
    for (const thread of this.threads.values()) void this.fetch(thread);
  }

  dispose(): void {
    for (const subscription of [...this.subscriptions, this.changes, this.growths]) subscription.dispose();
  }

  private async answered(thread: Thread, request: () => Promise<unknown>): Promise<boolean> {
    let begun = false;
    const status = this.daemon.onStatus(({ conversation }) => (begun ||= conversation === thread.conversation?.conversation));
    if (!thread.status) thread.asking = true;
    thread.failure = undefined;
    this.changes.fire(thread);
    try {
      await request();
      return true;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      const kept = error.data.kind === 'died' ? begun : error.data.turn && error.data.kind !== 'busy';
      if (kept) return true; // and shown, with the reason, as a turn
      thread.failure = error;
      return false;
    } finally {
      status.dispose();
      thread.asking = false;
      this.changes.fire(thread);
    }
  }

  private async fetch(thread: Thread): Promise<void> {
    try {
      const textDocument = { uri: thread.uri };
      this.put(thread, await this.daemon.request<Conversation>('conversation/get', { textDocument }));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      thread.failure = error;
      this.changes.fire(thread);
    }
  }

  private put(thread: Thread, conversation: Conversation): void {
    const last = conversation.turns.at(-1);
    if (thread.conversation?.conversation !== conversation.conversation) thread.status = undefined;
    if (last?.status !== 'streaming') thread.status = undefined;
    else thread.status ??= { conversation: conversation.conversation, turn: last.turn, state: 'writing' };
    if (thread.failure?.data.kind === 'died') thread.failure = undefined;
    thread.conversation = conversation;
    this.changes.fire(thread);
  }

  private append(thread: Thread, delta: Delta): void {
    const turn = thread.conversation?.turns.at(-1);
    if (turn?.turn !== delta.turn) return; // it is being fetched, and what is fetched holds this delta
    if (delta.kind === 'text') turn.text += delta.text;
    else turn.thinking = (turn.thinking ?? '') + delta.text;
    this.growths.fire({ thread, delta });
  }

  private note(thread: Thread, status: Status): void {
    thread.asking = false;
    thread.failure = undefined;
    thread.status = status.state === 'ended' ? undefined : status;
    thread.retryAt = status.retry && Date.now() + status.retry.delaySeconds * 1000;
    const known = thread.conversation?.turns.at(-1)?.turn === status.turn;
    if (status.state === 'ended' || !known) void this.fetch(thread);
    else this.changes.fire(thread);
  }

  private idle(thread: Thread): void {
    thread.status = undefined;
    thread.asking = false;
    this.changes.fire(thread);
  }

  private showing(conversation: string, act: (thread: Thread) => void): void {
    for (const thread of this.threads.values()) {
      if (thread.conversation?.conversation === conversation) act(thread);
    }
  }
}
