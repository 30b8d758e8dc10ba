// The Aside view: a page that shows the conversation of the document that was edited last, and sends back what the user
// does there. VS Code throws the page away whenever it is hidden; everything that has to last is here or in the daemon.
// The page is not trusted with more than its messages allow, as it shows what a model wrote.
import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { Checks } from './checks';
import { Completions } from './completions';
import { Conversations, Thread } from './conversations';
import { Drafts } from './drafts';
import { Rules } from './instructions';
import { follow } from './links';
import { Answer, Draft, FromPage, ToPage, actions } from './messages';
import { Conversation, Delta, Offer } from './protocol';
import { Subject } from './subject';
import { piece, reveal } from './places';

const flush_ms = 30;

export class View implements vscode.WebviewViewProvider {
  static readonly id = 'aside.conversation';
  private view: vscode.WebviewView | undefined;
  private live = false; // the page listens
  private wantsFocus = false;
  private wantsTurn: string | undefined;
  private deltas: Delta[] = [];
  private shown: Conversation | undefined; // by the page

  constructor(
    private readonly extension: vscode.Uri,
    private readonly subject: Subject,
    private readonly conversations: Conversations,
    private readonly drafts: Drafts,
    private readonly checks: Checks,
    private readonly completions: Completions,
    private readonly rules: Rules,
    private readonly does: { ask(question: string): void; attach(uris: string): void; answer(offer: Offer, answer: Answer): void; beginToType(uri: string): void },
  ) {
    subject.on('changed', () => this.show());
    conversations.on('changed', () => this.show());
    conversations.on('grown', (thread, delta) => this.grow(thread, delta));
    const tellDraft = () => this.thread && this.post({ type: 'draft', draft: this.draft(this.thread) });
    drafts.on('changed', tellDraft);
    checks.on('changed', tellDraft);
    vscode.window.onDidChangeActiveTextEditor(() => {
      this.wantsFocus = false; // a page that comes late must not take the cursor out of an editor
    });
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    this.view = view;
    const root = vscode.Uri.joinPath(this.extension, 'out', 'page');
    view.webview.options = { enableScripts: true, localResourceRoots: [root] };
    view.webview.onDidReceiveMessage((message: FromPage) => this.receive(message));
    view.onDidChangeVisibility(() => {
      this.live &&= view.visible;
    });
    view.onDidDispose(() => {
      this.view = undefined;
      this.live = false;
    });
    view.webview.html = html(view.webview, root);
  }

  // Brings the view to the front; `focus`: the cursor goes into its question box, or to `turn`.
  async reveal(focus: boolean, turn?: string): Promise<void> {
    this.wantsTurn = turn;
    this.wantsFocus = focus;
    if (!this.view || focus) await vscode.commands.executeCommand(`${View.id}.focus`, { preserveFocus: !focus });
    else this.view.show(true);
    if (this.live && focus) this.focus();
  }

  private get thread(): Thread | undefined {
    return this.subject.document && this.conversations.of(this.subject.document);
  }

  private show(): void {
    if (!this.view || !this.live) return;
    this.flush();
    const thread = this.thread;
    const same = thread?.conversation !== undefined && thread.conversation === this.shown;
    this.shown = thread?.conversation;
    const running = this.conversations.running.filter((other) => other !== thread);
    void vscode.commands.executeCommand('setContext', 'aside.redo', thread?.conversation?.redo !== undefined);
    this.post({
      type: 'show',
      uri: thread?.uri,
      name: thread?.name,
      conversation: same ? undefined : thread?.conversation,
      same,
      status: thread?.status,
      retryAt: thread?.retryAt,
      asking: thread?.asking ?? false,
      failure: thread?.failure && { message: thread.failure.message, hint: thread.failure.data.hint, kind: thread.failure.data.kind },
      draft: thread ? this.draft(thread) : { text: '', attachments: [], again: false },
      elsewhere: running.map(({ name }) => name),
      offer: this.offer(thread),
    });
  }

  private grow(thread: Thread, delta: Delta): void {
    if (!this.live || thread !== this.thread) return;
    const last = this.deltas.at(-1);
    if (!last) setTimeout(() => this.flush(), flush_ms);
    if (last && last.turn === delta.turn && last.kind === delta.kind) last.text += delta.text;
    else this.deltas.push({ ...delta });
  }

  private flush(): void {
    if (this.deltas.length > 0) this.post({ type: 'deltas', deltas: this.deltas });
    this.deltas = [];
  }

  private draft({ uri, conversation }: Thread): Draft {
    const edit = this.drafts.edit(uri);
    const again = edit !== null && edit.conversation === conversation?.conversation;
    const { attachments } = this.drafts;
    if (this.live) this.checks.look(attachments);
    const pieces = attachments.map((attachment) => {
      const check = this.checks.of(attachment);
      return { name: piece(attachment), kind: check?.kind || attachment.kind || 'text', ...(check && { check }) };
    });
    return { text: this.drafts.text(uri), attachments: pieces, again };
  }

  private offer(thread: Thread | undefined): Offer | undefined {
    const offer = thread?.conversation?.instructions?.offer;
    return offer && this.rules.open(offer) ? offer : undefined;
  }

  private focus(): void {
    this.wantsFocus = false;
    this.post({ type: 'focus', turn: this.wantsTurn });
  }

  private post(message: ToPage): void {
    if (this.live) void this.view?.webview.postMessage(message);
  }

  private receive(message: FromPage): void {
    if (message.type === 'ready') {
      this.live = true;
      this.shown = undefined;
      this.show();
      if (this.wantsFocus) this.focus();
      return;
    }
    const thread = this.thread;
    if (message.type === 'link') return void follow(message.href, thread?.document.uri);
    if (message.type === 'copy') return void vscode.env.clipboard.writeText(message.text);
    if (message.type === 'insert') return void insert(this.subject.document, message.text);
    if (message.type === 'visit') {
      const other = this.conversations.running.find(({ name }) => name === message.name);
      return void (other && vscode.window.showTextDocument(other.document));
    }
    if (message.type === 'do' && actions.includes(message.action)) return void vscode.commands.executeCommand(`aside.${message.action}`, message.turn);
    if (!thread) return;
    switch (message.type) {
      case 'ask':
        return this.does.ask(message.question);
      case 'draft':
        if (this.drafts.text(thread.uri) === '') this.does.beginToType(thread.uri);
        return this.drafts.type(thread.uri, message.text);
      case 'leaveOut':
        return this.drafts.share(this.drafts.attachments.filter((_, index) => index !== message.attachment));
      case 'attach':
        return this.does.attach(message.uris);
      case 'complete': {
        const { sign, query } = message;
        return void this.completions.of(sign, query).then((completions) => this.post({ type: 'completions', query: sign + query, completions }), () => {});
      }
      case 'instructions': {
        const offer = this.offer(thread);
        return offer && this.does.answer(offer, message.answer);
      }
      case 'leave':
        return this.drafts.leave(thread.uri);
      case 'reveal': {
        const turn = thread.conversation?.turns.find(({ turn }) => turn === message.turn);
        return void reveal(turn?.attachments[message.attachment]);
      }
    }
  }
}

async function insert(document: vscode.TextDocument | undefined, text: string): Promise<void> {
  const editor = vscode.window.visibleTextEditors.find((editor) => editor.document === document);
  if (!editor) return;
  await editor.edit((edit) => {
    for (const selection of editor.selections) edit.replace(selection, text);
  });
  await vscode.window.showTextDocument(editor.document, editor.viewColumn);
}

function html(webview: vscode.Webview, root: vscode.Uri): string {
  const nonce = randomBytes(16).toString('base64');
  const source = (file: string) => webview.asWebviewUri(vscode.Uri.joinPath(root, file));
  const policy = `default-src 'none'; style-src ${webview.cspSource}; font-src ${webview.cspSource}; script-src 'nonce-${nonce}'`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta http-equiv="Content-Security-Policy" content="${policy}">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <link rel="stylesheet" href="${source('page.css')}">
  <title>Aside</title>
</head>
<body>
  <script nonce="${nonce}" src="${source('page.js')}"></script>
</body>
</html>`;
}
