// Shows marks in the margin, beside lines that were shared with a question of the document's conversation. Goes from
// such lines to the question, and back. The daemon finds where the lines are now; lines that it doesn't find have no
// mark.
//
// The daemon is asked when an editor becomes visible, when nobody has typed for a while, and when the conversation has
// changed. It isn't asked while a reply is being written, and no daemon is started only for the marks. Until the next
// answer, VS Code moves the marks with their lines.
import * as vscode from 'vscode';
import { Conversations } from './conversations';
import { Daemon, Failure } from './daemon';
import { Documents } from './documents';
import { Work } from './pickers';
import { plainLine } from './plain';
import { Conversation, Mark, Marked } from './protocol';
import { Subject } from './subject';
import { topicOf } from './topics';

const pause_ms = 500; // how long to wait after a change

export class Marks {
  private readonly sign: vscode.TextEditorDecorationType; // in the margin, beside the first line
  private readonly lines: vscode.TextEditorDecorationType; // in the overview ruler
  private readonly seen = new WeakSet<Conversation>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly daemon: Daemon, private readonly documents: Documents, conversations: Conversations, extension: vscode.Uri, subscriptions: vscode.Disposable[]) {
    this.sign = vscode.window.createTextEditorDecorationType({ gutterIconPath: vscode.Uri.joinPath(extension, 'media', 'mark.svg'), gutterIconSize: '60%' });
    this.lines = vscode.window.createTextEditorDecorationType({
      isWholeLine: true, overviewRulerColor: new vscode.ThemeColor('editorOverviewRuler.commentForeground'), overviewRulerLane: vscode.OverviewRulerLane.Left,
    });
    daemon.on('up', () => this.updateSoon());
    documents.on('edited', () => this.updateSoon());
    conversations.on('changed', ({ conversation }) => {
      if (!conversation || this.seen.has(conversation) || conversation.turns.at(-1)?.status === 'streaming') return;
      this.seen.add(conversation);
      this.updateSoon();
    });
    subscriptions.push(
      this.sign, this.lines, { dispose: () => clearTimeout(this.timer) },
      vscode.window.onDidChangeVisibleTextEditors(() => this.updateSoon()),
      vscode.workspace.onDidChangeConfiguration((event) => event.affectsConfiguration('aside.marks') && this.updateSoon()),
    );
  }

  // Resolves to the marks in the present text of a document, or to [] if the text changes before the daemon has
  // answered.
  async of(document: vscode.TextDocument): Promise<Mark[]> {
    const topic = topicOf(document);
    if (topic !== document || !this.daemon.offers('marks')) return [];
    const uri = this.documents.uri(document);
    const { version } = document;
    const ask = () => this.daemon.request<Marked>('conversation/marks', { textDocument: { uri } });
    let answer = await ask();
    // The daemon has read the file on the disk, but VS Code has unsaved text. The daemon gets this text and is asked
    // again, unless it has found no marks: unsaved text is sent only if something was asked about the document.
    if (answer.version === null && answer.marks.length > 0 && document.isDirty) {
      this.documents.openInDaemon(document);
      answer = await ask();
    }
    return document.version === version && (answer.version === null || answer.version === version) ? answer.marks : [];
  }

  private updateSoon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      for (const editor of vscode.window.visibleTextEditors) void this.update(editor).catch(() => this.show(editor, [])); // the next change asks again
    }, pause_ms);
  }

  private async update(editor: vscode.TextEditor): Promise<void> {
    const on = vscode.workspace.getConfiguration('aside').get('marks', true);
    const { version } = editor.document;
    const marks = on ? await this.of(editor.document) : [];
    if (editor.document.version === version) this.show(editor, marks); // if the text has changed meanwhile, that change requests the marks again
  }

  private show(editor: vscode.TextEditor, marks: readonly Mark[]): void {
    editor.setDecorations(this.sign, marks.map(({ range: { start } }) => new vscode.Range(start.line, 0, start.line, 0)));
    editor.setDecorations(this.lines, marks.map(({ range }) => new vscode.Range(range.start.line, 0, lastLine(range), 0)));
  }
}

// Goes to the question that was asked about the line with the cursor; if there are several, the user chooses. `show` shows a turn.
export async function goToQuestion(marks: Marks, conversations: Conversations, subject: Subject, show: (turn: string) => void): Promise<Work> {
  const topic = subject.file;
  const { conversation } = await conversations.ready(topic);
  const { document, selection } = subject.editor ?? {};
  const found = document && selection ? marksAt(await marks.of(document), selection.active.line, conversation) : [];
  if (found.length === 0) throw new Failure('nothing was asked about this line', { kind: 'noMarks' });
  const rows = found.map((mark) => ({ label: plainLine(mark.text), description: mark.side ? 'side question' : '', mark }));
  const chosen = rows.length === 1 ? rows[0] : await vscode.window.showQuickPick(rows, { title: 'Questions about this line, the newest first' });
  return chosen && (async () => {
    const { turn, side } = chosen.mark;
    // If the question is on another branch, this branch becomes the path. A side question is shown below the reply that
    // it follows, so the path stays.
    if (!side && !conversation.turns.some((other) => other.turn === turn)) await conversations.change(topic, 'select', { turn, onward: true });
    show(turn);
  });
}

// Returns the marks whose lines hold this line, those of the newest questions first.
function marksAt(marks: readonly Mark[], line: number, { turns, sides = [] }: Conversation): Mark[] {
  const asked = new Map([...turns, ...sides].map(({ turn, created }) => [turn, created]));
  const created = ({ turn }: Mark) => asked.get(turn) ?? '';
  return marks.filter(({ range }) => range.start.line <= line && line <= lastLine(range)).sort((one, other) => (created(one) < created(other) ? 1 : -1));
}

function lastLine({ start, end }: Mark['range']): number {
  return Math.max(start.line, end.character === 0 ? end.line - 1 : end.line);
}
