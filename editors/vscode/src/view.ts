// The Aside view: a page that shows the conversation of the document that was edited last, and sends the user's actions here.
// VS Code destroys the page when it is hidden, so everything that must last is here or in the daemon. The page shows what a
// model wrote, so the page isn't trusted: it can do only what its messages allow.
import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { hasCode } from './applying';
import { isKnown, wantedBy } from './attachments';
import { Checks } from './checks';
import { Completions } from './completions';
import { Conversations, DocumentState } from './conversations';
import { Credential } from './credential';
import { Daemon } from './daemon';
import { Documents } from './documents';
import { Drafts, way } from './drafts';
import { aboutMoney, lines, tokens } from './figures';
import { InstructionFiles } from './instructions';
import { existingPlaces, followLink } from './links';
import { Answer, Asked, Beside, Draft, FromPage, NamedAttachment, PageContext, Show, Suggested, ToPage, actions } from './messages';
import { attachmentLabel, labels, reveal } from './places';
import { sentences } from './plain';
import { Attachment, Checked, Conversation, Delta, Mark, Offer, Proposal, Shared, Suggestion, Turn } from './protocol';
import { Subject } from './subject';
import { Suggestions } from './suggestions';
import { codeColours } from './theme';
import { Topic, bringToFront, textOf } from './topics';

const flush_ms = 30;

export class View implements vscode.WebviewViewProvider {
  static readonly id = 'aside.conversation';
  private view: vscode.WebviewView | undefined;
  private listening = false; // whether the page is ready for messages
  private readonly suggestions: Suggestions;
  private boxFocused = false;
  private wantsFocus = false;
  private wantsTurn: string | undefined;
  private deltas: Delta[] = [];
  private shown: Conversation | undefined; // the conversation that was sent to the page last
  private promptCode = { name: '', done: Promise.resolve() }; // the named prompt that the draft begins with, and whether its code is attached

  constructor(
    private readonly extension: vscode.Uri,
    private readonly daemon: Daemon,
    private readonly subject: Subject,
    private readonly conversations: Conversations,
    documents: Documents,
    private readonly credential: Credential,
    private readonly drafts: Drafts,
    private readonly checks: Checks,
    private readonly completions: Completions,
    private readonly instructions: InstructionFiles,
    subscriptions: vscode.Disposable[],
    private readonly handlers: { ask(uri: string, conversation: string | undefined, question: string): void; code(): Attachment[]; marks(document: vscode.TextDocument): Promise<Mark[]>; add(attachment: Attachment): void; expand(uri: string, pattern: string): void; attach(uris: string, typed: boolean): void; wanted(uri: string, file: number | undefined, now: boolean): void; answer(offer: Offer, answer: Answer): void; beginToType(uri: string): void; apply(document: Topic, turn: string, line: number): void; typed(): void },
  ) {
    subject.on('changed', () => this.show());
    conversations.on('changed', () => this.show());
    conversations.on('textAdded', (state, delta) => this.addDelta(state, delta));
    const sendDraft = (text: boolean) => this.post({ type: 'draft', draft: this.draft(this.state), text });
    drafts.on('changed', sendDraft);
    checks.on('changed', () => sendDraft(false));
    this.suggestions = new Suggestions(daemon, documents, subject, drafts, () => this.listening && (this.boxFocused || drafts.text(this.state.uri) === ''));
    this.suggestions.on('changed', () => sendDraft(false));
    subject.on('selected', () => sendDraft(false));
    credential.on('changed', () => this.show());
    documents.on('edited', ({ uri }) => {
      if (this.listening && this.state.conversation?.shared?.includes(uri.toString())) checks.updateSoon();
    });
    subscriptions.push(
      vscode.window.onDidChangeActiveColorTheme(() => this.sendColours()),
      // VS Code may change this setting after the event above.
      vscode.workspace.onDidChangeConfiguration((event) => event.affectsConfiguration('workbench') && this.sendColours()),
    );
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    this.view = view;
    const root = vscode.Uri.joinPath(this.extension, 'out', 'page');
    view.webview.options = { enableScripts: true, localResourceRoots: [root] };
    view.webview.onDidReceiveMessage((message: FromPage & PageContext) => this.receive(message));
    view.onDidChangeVisibility(() => {
      this.listening &&= view.visible;
    });
    view.onDidDispose(() => {
      this.view = undefined;
      this.listening = false;
    });
    view.webview.html = html(view.webview, root);
  }

  // Brings the view to the front. With `focus`, the cursor moves to the question box. The user loses the present cursor
  // position, so `focus` is used only after something that the user has done just now.
  async reveal(focus: boolean): Promise<void> {
    // A call without `focus` doesn't cancel an earlier one with `focus` while the page is being loaded.
    if (focus) [this.wantsFocus, this.wantsTurn] = [true, undefined];
    if (!this.view || focus) await vscode.commands.executeCommand(`${View.id}.focus`, { preserveFocus: !focus });
    else this.view.show(true);
    if (this.listening && focus) this.focus();
  }

  // Moves the focus within the page to a turn, or to the question box. This never takes the focus from an editor: the page
  // waits until it has the focus.
  focusPage(turn?: string): void {
    this.wantsTurn = turn;
    this.wantsFocus = true;
    if (this.listening) this.focus();
  }

  private get state(): DocumentState {
    return this.conversations.stateOf(this.subject.here);
  }

  private show(): void {
    if (!this.view || !this.listening) return;
    this.flush();
    const state = this.state;
    const same = state.conversation !== undefined && state.conversation === this.shown;
    if (!same) {
      this.checks.updateSoon();
      this.suggestions.updateSoon();
    }
    this.shown = state.conversation;
    const running = this.conversations.running.filter((other) => other !== state);
    void vscode.commands.executeCommand('setContext', 'aside.redo', state.conversation?.redo !== undefined);
    this.post({
      type: 'show',
      uri: state.uri,
      name: state.name,
      conversation: same ? undefined : state.conversation,
      same,
      status: state.status,
      retryAt: state.retryAt,
      asking: state.asking ?? false,
      failure: state.failure && { message: state.failure.message, ...state.failure.data },
      draft: this.draft(state),
      server: this.credential.found?.server,
      key: this.key,
      elsewhere: running.map(({ name }) => name),
      offer: this.pendingOffer(state),
      beside: besideOf(state),
      offers: { edits: this.daemon.offers('edits'), side: this.daemon.offers('side') },
    });
    // An error is ignored: the places are requested again when the user applies something.
    if (!same) void this.lookUpPlaces(state).catch(() => {});
  }

  // Tells the page where the code blocks of a reply belong.
  showPlaces(turn: string, proposals: readonly Proposal[]): void {
    const blocks = proposals.map(({ startLine, state, reason, edits }) => ({ startLine, state, reason, done: state !== 'unplaced' && edits.length === 0 }));
    this.post({ type: 'placed', turn, blocks });
  }

  private async lookUpPlaces({ conversation }: DocumentState): Promise<void> {
    const last = conversation?.turns.at(-1);
    if (!last || last.status === 'streaming' || !hasCode(last) || !this.daemon.offers('edits')) return;
    this.showPlaces(last.turn, await this.conversations.lookUpEdits(conversation!.conversation, last.turn));
  }

  private addDelta(state: DocumentState, delta: Delta): void {
    if (!this.listening || state !== this.state) return;
    const last = this.deltas.at(-1);
    if (!last) setTimeout(() => this.flush(), flush_ms);
    if (last && last.turn === delta.turn && last.kind === delta.kind) last.text += delta.text;
    else this.deltas.push({ ...delta });
  }

  private flush(): void {
    if (this.deltas.length > 0) this.post({ type: 'deltas', deltas: this.deltas });
    this.deltas = [];
  }

  private draft({ uri, conversation }: DocumentState): Draft {
    const edit = this.drafts.edit(uri);
    const isEdit = edit !== null && edit.conversation === conversation?.conversation;
    const { attachments } = this.drafts;
    const shared = conversation?.shared ?? [];
    const sendsUpdates = this.drafts.sendsUpdates(uri);
    if (this.listening && conversation) this.checks.update(uri, attachments, way(edit, sendsUpdates, conversation.conversation), shared);
    const pieces = attachments.map((attachment) => namedAttachment(attachmentLabel(attachment), attachment.kind, this.checks.resultOf(attachment)));
    const { updates = [], known = [], cost, next } = this.checks.forecast(uri) ?? {};
    const code = this.handlers.code();
    return {
      text: this.drafts.text(uri), attachments: pieces, isEdit, cost, sharedBefore: (conversation?.turns ?? []).some(hasShared),
      updates: sendsUpdates ? updates.map((check) => namedAttachment(check.name, 'update', check)) : [],
      known: labels(known), asked: this.asked(uri, conversation), suggestions: this.suggestions.of(uri).map(suggested), next, hasFile: code.length > 0,
      addable: code.every((attachment) => isKnown(attachment, known)) ? undefined : code.map(attachmentLabel).join(', '),
    };
  }

  // Resolves to an attachment with its lines where they are now, if that is known; otherwise to the attachment as it was.
  private async lines({ turn, attachments }: Turn, shared: Shared | undefined): Promise<Shared | undefined> {
    const document = shared?.range && textOf({ uri: vscode.Uri.parse(shared.uri), isUntitled: false });
    const others = attachments.filter(({ uri, range }) => range && uri === shared?.uri);
    if (!document || others.length !== 1) return shared;
    const [mark, ...more] = (await this.handlers.marks(document)).filter((mark) => mark.turn === turn);
    return mark && more.length === 0 ? { ...shared, range: mark.range } : shared;
  }

  private asked(uri: string, conversation: Conversation | undefined): Asked | undefined {
    const last = conversation?.turns.at(-1);
    const wanted = wantedBy(last);
    if (!last || wanted.length === 0) return undefined;
    if (this.listening) this.checks.look(uri, wanted);
    const present = new Set(this.drafts.attachments.map((attachment) => JSON.stringify(attachment)));
    const files = wanted.map((attachment, index) => {
      const { name, range } = last.wanted![index]!;
      const shown = range ? `${name}:${lines(range)}` : name;
      return { ...namedAttachment(shown, undefined, this.checks.resultOf(attachment)), added: present.has(JSON.stringify(attachment)) };
    });
    return { turn: last.turn, files, cost: this.checks.costOf(wanted) };
  }

  private get key(): Show['key'] {
    const { state, problem, server = '' } = this.credential.found ?? {};
    if (!problem && state !== 'missing') return undefined;
    return { missing: state === 'missing', message: problem ? sentences(problem.message, problem.hint) : '', server };
  }

  // Attaches the selection when the draft begins with a named prompt about code. This is done once for each prompt, so that the
  // user can remove the attachment.
  private attachCodeForPrompt(question: string): void {
    const { drafts, subject } = this;
    const name = /^\/[\w-]+(?=\s|$)/.exec(question)?.[0] ?? '';
    if (name === this.promptCode.name) return;
    const could = name && drafts.attachments.length === 0 && subject.selected.length > 0;
    const done = !could ? Promise.resolve() : this.completions.needsCode(question).then((wanted) => {
      if (wanted && drafts.attachments.length === 0) drafts.setAttachments(this.handlers.code());
    }, () => {});
    this.promptCode = { name, done };
  }

  private pendingOffer(state: DocumentState): Offer | undefined {
    const offer = state.conversation?.instructions?.offer;
    return offer && this.instructions.isPending(offer) ? offer : undefined;
  }

  private sendColours(): void {
    if (this.listening) void codeColours().then((colours) => this.post({ type: 'colours', colours }), () => {});
  }

  private focus(): void {
    this.wantsFocus = false;
    this.post({ type: 'focus', turn: this.wantsTurn });
  }

  private post(message: ToPage): void {
    if (this.listening) void this.view?.webview.postMessage(message);
  }

  // Handles a message from the page. The message belongs to the document that the page showed when it sent the message.
  // If another document has come to the front since, most messages are ignored.
  private receive(message: FromPage & PageContext): void {
    if (message.type === 'ready') {
      this.listening = true;
      this.shown = undefined;
      this.show();
      this.sendColours();
      if (this.wantsFocus) this.focus();
      return;
    }
    const { uri = this.state.uri, conversation } = message;
    const state = this.conversations.ofUri(uri) ?? this.state;
    if (message.type === 'ask') {
      const { done } = this.promptCode;
      this.promptCode = { name: '', done: Promise.resolve() };
      return void done.then(() => this.handlers.ask(uri, conversation, message.question));
    }
    if (message.type === 'copy') return void vscode.env.clipboard.writeText(message.text);
    if (message.type === 'link') return void followLink(message.href, state.document);
    if (message.type === 'places') {
      return void existingPlaces(message.names, state.document).then((known) => this.post({ type: 'places', known }), () => {});
    }
    if (uri !== this.state.uri) return message.type === 'draft' ? this.drafts.setText(uri, message.text) : undefined;
    if (message.type === 'apply') return this.handlers.apply(state.document, message.turn, message.line);
    if (message.type === 'fold') return this.conversations.foldBeside(state, message.turn);
    if (message.type === 'insert') return void insert(this.subject, message.text);
    if (message.type === 'visit') {
      const other = this.conversations.running.find(({ name }) => name === message.name);
      return void (other && bringToFront(other.document, true).then(() => this.focusPage(), () => {}));
    }
    if (message.type === 'do' && actions.includes(message.action)) return void vscode.commands.executeCommand(`aside.${message.action}`, message.turn);
    switch (message.type) {
      case 'draft':
        this.handlers.typed();
        if (this.drafts.text(state.uri) === '') this.handlers.beginToType(state.uri);
        this.attachCodeForPrompt(message.text);
        return this.drafts.setText(state.uri, message.text);
      case 'leaveOut':
        return this.drafts.setAttachments(this.drafts.attachments.filter((_, index) => index !== message.attachment));
      case 'leaveOutUpdates':
        return this.drafts.leaveOutUpdates(state.uri);
      case 'attach':
        return this.handlers.attach(message.uris, message.typed);
      case 'complete': {
        const { sign, query } = message;
        return void this.completions.find(state.uri, sign, query).then((completions) => this.post({ type: 'completions', query: sign + query, completions }), () => {});
      }
      case 'box':
        this.boxFocused = message.focused;
        return message.focused ? this.suggestions.updateSoon() : undefined;
      case 'expand':
        return this.handlers.expand(state.uri, message.pattern);
      case 'suggestion': {
        // The list may have changed since the page showed it.
        const row = this.suggestions.of(state.uri)[message.index];
        return row && suggested(row).name === message.name ? this.handlers.add(row.attachment) : undefined;
      }
      case 'wanted':
        return this.handlers.wanted(state.uri, message.file, message.now === true);
      case 'instructions': {
        const offer = this.pendingOffer(state);
        return offer && this.handlers.answer(offer, message.answer);
      }
      case 'cancelEdit':
        return this.drafts.discard(state.uri);
      case 'reveal': {
        const turn = state.conversation?.turns.find(({ turn }) => turn === message.turn);
        const shared = turn?.attachments[message.attachment];
        return turn && void this.lines(turn, shared).then(reveal, () => reveal(shared));
      }
    }
  }
}

// Whether the model has the text that was shared with this turn. A question that failed, and its code, are left out of
// later requests.
function hasShared({ attachments, sent, summedUp }: Turn): boolean {
  return attachments.length > 0 && (sent || summedUp === true);
}

// Returns the side questions of this window that the page shows above the question box. Each has its stored reply or,
// while the reply is being written, the text so far.
function besideOf({ beside, conversation }: DocumentState): Beside[] {
  const mine = beside.filter((side) => side.conversation === conversation?.conversation);
  return mine.flatMap(({ question, turn, text, thinking, status, ended }, index) => {
    const stored = conversation?.sides?.find((other) => other.turn === turn);
    if (ended && !stored) return []; // the side question is on the path now, or belongs to another branch
    const reply = {
      turn: turn || `beside-${index}`, parent: null, role: 'assistant' as const, side: true, text, ...(thinking && { thinking }), attachments: [],
      status: 'streaming' as const, sent: false, created: new Date().toISOString(), variants: [],
    };
    return [{ question, reply: stored && ended ? stored : reply, status }];
  });
}

function suggested(row: Suggestion): Suggested {
  const { name, lines: at, tokens: size, cost, reasons = [], reason } = row;
  const label = `${name.slice(name.lastIndexOf('/') + 1)}${at ? `:${at}` : ''}${reason === 'problems' ? ' problems' : ''}`;
  return { name: label, reason, detail: [`${name}: ${[tokens(size), aboutMoney(cost)].filter(Boolean).join(', ')}`, ...reasons].join('\n') };
}

function namedAttachment(name: string, kind: string | undefined, check: Checked | undefined): NamedAttachment {
  return { name, kind: check?.kind || kind || 'text', ...(check && { check }) };
}

async function insert({ editor }: Subject, text: string): Promise<void> {
  if (!editor) return;
  const shown = await vscode.window.showTextDocument(editor.document, editor.viewColumn);
  await shown.edit((edit) => {
    for (const selection of shown.selections) edit.replace(selection, text);
  });
  shown.selections = shown.selections.map(({ end }) => new vscode.Selection(end, end)); // the next typed letter must not replace the text
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
