// From a reply to the files: asks the daemon where the code blocks of a reply belong, and shows the changes to be reviewed. Nothing
// is changed before the user takes it.
import * as vscode from 'vscode';
import { Conversations, DocumentState } from './conversations';
import { Failure } from './daemon';
import { Documents } from './documents';
import { Drafts } from './drafts';
import { label } from './places';
import { plain, plainLine } from './plain';
import { Proposals, toRange } from './proposals';
import { Answered, Proposal, Turn } from './protocol';
import { Subject } from './subject';
import { Topic, proposal_scheme, sameTopic, textOf, topicOf } from './topics';

const blocks_button = 'Ask for It in Another Form';
const why_button = 'Show Why';
const review_button = 'Review';

// The changes of one document.
interface Change { uri: string; name: string; proposals: Proposal[] }

export class Applying {
  private typedAt = 0;

  constructor(
    private readonly conversations: Conversations,
    private readonly documents: Documents,
    private readonly drafts: Drafts,
    private readonly subject: Subject,
    private readonly proposals: Proposals,
    subscriptions: vscode.Disposable[],
    private readonly handlers: {
      placed(turn: string, proposals: readonly Proposal[]): void; // what is known of a reply's blocks
      askInBlocks(document: Topic): Promise<void>;
      showError(error: unknown): void;
    },
  ) {
    conversations.on('answered', (state, answer, askedAt) => void this.reviewRewrite(state, answer, askedAt).catch(handlers.showError));
    subscriptions.push(vscode.workspace.onDidChangeTextDocument(({ document: { uri }, contentChanges }) => {
      if (contentChanges.length > 0 && /^(file|untitled|vscode-remote|aside-proposal)$/.test(uri.scheme)) this.noteTyping();
    }));
  }

  // The user is writing something, so no rewrite that was asked for before may come to the front by itself.
  noteTyping(): void {
    this.typedAt = Date.now();
  }

  // Shows the changes of a reply, or of its block that begins in a line of its text. Without `turn`, it is the last reply with code.
  async apply(document: Topic, turn?: string, line?: number): Promise<void> {
    const reply = turn ?? await this.lastReply(document);
    const all = await this.conversations.edits(document, reply);
    this.handlers.placed(reply, all);
    if (line === undefined) return this.present(document, reply, all);
    const block = all.find(({ startLine, endLine }) => startLine <= line && line < endLine)?.block;
    if (block === undefined) throw new Failure('this code is not a block of its own', { kind: 'noBlock', hint: 'Copy it instead.' });
    return this.present(document, reply, await this.conversations.edits(document, reply, block), line);
  }

  // Puts the changes of a reply into VS Code's own list, where the user chooses among them.
  async preview(document: Topic, turn?: string): Promise<void> {
    const reply = turn ?? await this.lastReply(document);
    const all = await this.conversations.edits(document, reply);
    this.handlers.placed(reply, all);
    const edit = new vscode.WorkspaceEdit();
    for (const { state, textDocument, edits } of all) {
      const target = textDocument && this.documents.textByUri(textDocument.uri);
      if (!target || state === 'conflict') continue; // a conflict has to be settled in the diff editor
      const metadata = { needsConfirmation: true, label: 'Proposed', description: state === 'merged' ? 'merged with what has changed since' : 'by Claude' };
      for (const { range, newText } of edits) edit.replace(target.uri, toRange(range), newText, metadata);
    }
    if (edit.size === 0) return this.present(document, reply, all); // which says why
    if (!await vscode.workspace.applyEdit(edit)) return;
    for (const [uri] of edit.entries()) await this.proposals.closeUnchanged(uri);
    this.lookAgain(document, reply);
  }

  private async lastReply(document: Topic): Promise<string> {
    const { turns } = (await this.conversations.ready(document)).conversation;
    const last = turns.findLast((turn) => turn.status !== 'streaming' && hasCode(turn));
    if (!last) throw new Failure('no reply of this conversation has code', { kind: 'noCode', hint: 'Ask for a change first.' });
    return last.turn;
  }

  private async present(document: Topic, turn: string, proposals: readonly Proposal[], line?: number): Promise<void> {
    const unplaced = proposals.filter(({ state }) => state === 'unplaced');
    const changes = changesOf(proposals);
    const again = () => this.apply(document, turn, line);
    const [first] = changes;
    if (first && changes.length === 1) {
      await this.show(first, again, () => this.lookAgain(document, turn));
      if (unplaced.length > 0) void this.tellUnplaced(document, unplaced);
    } else if (first) {
      await this.choose(document, turn, changes, unplaced);
    } else if (unplaced.length > 0) {
      await this.explain(document, unplaced);
    } else {
      void vscode.window.showInformationMessage(proposals.length > 0 ? 'Aside: the file already reads so.' : 'Aside: this reply has no code to apply.');
    }
  }

  // Lets the user go through the documents of a reply. The list comes back after each that was taken.
  private async choose(document: Topic, turn: string, changes: readonly Change[], unplaced: readonly Proposal[]): Promise<void> {
    interface Row extends vscode.QuickPickItem { change?: Change; reason?: Proposal; all?: true }
    const rows: Row[] = [
      ...changes.map((change) => ({ label: plainLine(change.name), description: described(change), change })),
      ...(changes.length > 1 ? [{ label: 'All of them, with preview', description: 'choose among the changes', all: true as const }] : []),
      ...unplaced.map((reason) => ({ label: `Block ${reason.block + 1} is not placed`, detail: plainLine(reason.reason ?? ''), reason })),
    ];
    const chosen = await vscode.window.showQuickPick(rows, { title: 'Changes of this reply', placeHolder: 'The file to review' });
    if (chosen?.all) return this.preview(document, turn);
    if (chosen?.reason) return this.explain(document, [chosen.reason]);
    if (!chosen?.change) return;
    const again = () => this.apply(document, turn);
    await this.show(chosen.change, again, () => {
      this.lookAgain(document, turn);
      const left = changes.filter((change) => change !== chosen.change);
      if (left.length > 0) void this.choose(document, turn, left, unplaced).catch(this.handlers.showError);
    });
  }

  private async show({ uri, proposals }: Change, anew: () => Promise<void>, taken: () => void): Promise<void> {
    const document = this.documents.textByUri(uri);
    const current = document && proposals.every(({ textDocument }) => this.documents.isAt(textDocument!));
    if (!current) return anew(); // it has changed since the list was made
    const conflict = proposals.some(({ state }) => state === 'conflict');
    await this.proposals.show(document, proposals.flatMap(({ edits }) => edits), { conflict, anew, taken });
    if (!conflict) return;
    void vscode.window.showWarningMessage('Aside: you and Claude have changed the same lines. The right side has both versions, between lines with <<<<<<< and >>>>>>>: keep what shall stay, and take it then.');
  }

  // What is known of the blocks of a reply is told to the page once more, after a change was taken.
  private lookAgain(document: Topic, turn: string): void {
    void this.conversations.edits(document, turn).then((proposals) => this.handlers.placed(turn, proposals), () => {});
  }

  private async tellUnplaced(document: Topic, unplaced: readonly Proposal[]): Promise<void> {
    const what = unplaced.length === 1 ? 'one block of the reply is' : `${unplaced.length} blocks of the reply are`;
    const chosen = await vscode.window.showInformationMessage(`Aside: ${what} not placed.`, why_button);
    if (chosen) await this.explain(document, unplaced);
  }

  // Says why blocks aren't placed, and offers to ask for the change in a form that fits exactly or not at all.
  private async explain(document: Topic, unplaced: readonly Proposal[]): Promise<void> {
    const reasons = [...new Set(unplaced.map(({ reason }) => reason))].join(' ');
    const chosen = await vscode.window.showWarningMessage(plain(`Aside: ${reasons}`), blocks_button);
    if (chosen) await this.handlers.askInBlocks(document);
  }

  // Brings up the review of a rewrite that has just been written, unless the user has begun with something else since it was asked
  // for: then one line says that it is ready. One whose file was closed waits in the conversation.
  private async reviewRewrite({ document, conversation }: DocumentState, { turn, status }: Answered, askedAt: number): Promise<void> {
    if (status !== 'complete' || !textOf(document)) return;
    const has = (turns: readonly Turn[] = []) => turns.find((other) => other.turn === turn);
    const turns = has(conversation?.turns) ? conversation!.turns : (await this.conversations.latest(document)).turns; // a quick reply may come before its turn
    const lines = turns.find((other) => other.turn === has(turns)?.parent)?.rewrite;
    if (!lines) return;
    if (this.isFree(document, askedAt)) return this.apply(document, turn);
    const chosen = await vscode.window.showInformationMessage(
      plainLine(`Aside: the rewrite of ${label(lines)} is ready. Alt+A Enter in ${label(document)} shows it, too.`), review_button);
    if (chosen) await this.apply(document, turn);
  }

  private isFree(document: Topic, askedAt: number): boolean {
    const active = vscode.window.activeTextEditor?.document;
    const edits = active?.uri.scheme === proposal_scheme && active.isDirty;
    return vscode.window.state.focused && this.typedAt < askedAt && !edits && this.drafts.text(this.documents.uri(document)) === ''
      && sameTopic(this.subject.here, document) && (!active || sameTopic(topicOf(active), document));
  }
}

export function hasCode({ role, text }: Turn): boolean {
  return role === 'assistant' && /^ {0,3}(```|~~~)/m.test(text);
}

function changesOf(proposals: readonly Proposal[]): Change[] {
  const changes = new Map<string, Change>();
  for (const proposal of proposals) {
    const uri = proposal.textDocument?.uri;
    if (proposal.state === 'unplaced' || !uri || proposal.edits.length === 0) continue;
    if (!changes.has(uri)) changes.set(uri, { uri, name: proposal.name ?? label({ uri }), proposals: [] });
    changes.get(uri)!.proposals.push(proposal);
  }
  return [...changes.values()];
}

function described({ proposals }: Change): string {
  const edits = proposals.flatMap(({ edits }) => edits).length;
  const states = new Set(proposals.map(({ state }) => state));
  return [edits === 1 ? '1 change' : `${edits} changes`,
    states.has('conflict') ? 'you have changed the same lines' : states.has('merged') ? 'merged with what you have changed since' : ''].filter(Boolean).join(', ');
}
