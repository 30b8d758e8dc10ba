// Proposed texts: the text of a document with the changes of a reply. Each is shown in a diff editor beside its
// document, and can be edited there. Accepting it changes the document in one step, which one undo reverts. Proposed
// texts are held in memory and never written to a disk. The daemon decides where a change belongs; the diff editor
// shows the differences.
import * as vscode from 'vscode';
import { Failure } from './daemon';
import { path } from './places';
import { plainLine } from './plain';
import { TextEdit } from './protocol';
import { proposal_scheme, textOf } from './topics';

// `base`: the document's text when the proposal was made. `edits` turn `base` into `text`.
interface Proposed {
  document: vscode.Uri; base: string; edits: vscode.TextEdit[]; text: string; conflict: boolean; made: number; bytes: Uint8Array;
  taken: () => void; anew: () => Promise<void>;
}

// A byte order mark makes VS Code read the text as UTF-8, even if the user's files have another encoding.
const byte_order_mark = '\ufeff';
// The lines that the daemon puts around both versions of a conflict. The middle one has an expression of its own, since
// `=======` can also underline a heading.
const marker = /^(<<<<<<< yours|\|\|\|\|\|\|\| shared|>>>>>>> proposed)$/gm;
const middle_marker = /^=======$/gm;
const take_button = 'Take It Anyway';
const anew_button = 'Propose It Again';

export class Proposals implements vscode.FileSystemProvider {
  private readonly proposed = new Map<string, Proposed>(); // by URI
  private readonly changes = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  // Texts that the user is saving; other saves are VS Code's auto save.
  private readonly savedByHand = new Set<string>();
  private readonly leaving = new Set<string>(); // texts that have been taken and are being closed
  private made = 0;
  readonly onDidChangeFile = this.changes.event;

  constructor(subscriptions: vscode.Disposable[], private readonly showError: (error: unknown) => void) {
    subscriptions.push(
      vscode.workspace.registerFileSystemProvider(proposal_scheme, this, { isCaseSensitive: true }),
      vscode.workspace.onWillSaveTextDocument(({ document: { uri }, reason }) => {
        if (uri.scheme === proposal_scheme && reason === vscode.TextDocumentSaveReason.Manual) this.savedByHand.add(uri.toString());
      }),
      vscode.workspace.onDidSaveTextDocument(({ uri }) => {
        if (this.savedByHand.delete(uri.toString()) && !this.leaving.has(uri.toString())) void this.take(uri).catch(this.showError);
      }),
      vscode.window.tabGroups.onDidChangeTabs(({ closed }) => {
        for (const { uri } of closed.map(shownIn).filter((shown) => shown !== undefined)) {
          if (!tabsOf(uri).length) this.forget(uri);
        }
      }),
    );
    // Tabs of an earlier window are closed, except edited ones, so that the user can copy their text.
    const left = vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs).filter((tab) => shownIn(tab) && !tab.isDirty);
    if (left.length > 0) void vscode.window.tabGroups.close(left, true);
  }

  // Shows a diff editor with the document on the left, and the text with these edits on the right. `taken` is called when
  // the user has accepted the change. `anew` makes the proposal again, for the document's text at that time.
  async show(document: vscode.TextDocument, edits: readonly TextEdit[], { conflict, taken, anew }: Pick<Proposed, 'conflict' | 'taken' | 'anew'>): Promise<void> {
    const base = document.getText();
    const textEdits = edits.map(({ range, newText }) => vscode.TextEdit.replace(toRange(range), newText));
    const text = withEdits(document, textEdits);
    const open = [...this.proposed].find(([, { document: other, base: from, text: to }]) => other.toString() === document.uri.toString() && from === base && to === text);
    const extension = /\.[^./]*$/.exec(document.uri.path)?.[0] ?? '';
    // The name differs from the file's name, so that a search for the file by its name finds only the file.
    const uri = open ? vscode.Uri.parse(open[0])
      : vscode.Uri.from({ scheme: proposal_scheme, path: `/proposed ${++this.made}${extension}`, query: document.uri.toString() });
    if (!open) {
      await this.closeUnchanged(document.uri);
      const bytes = new TextEncoder().encode(byte_order_mark + text);
      this.proposed.set(uri.toString(), { document: document.uri, base, edits: textEdits, text, conflict, made: Date.now(), bytes, taken, anew });
      const shown = await vscode.workspace.openTextDocument(uri);
      if (shown.languageId !== document.languageId) await vscode.languages.setTextDocumentLanguage(shown, document.languageId);
    }
    await vscode.commands.executeCommand('vscode.diff', document.uri, uri, plainLine(`${path(document.uri)}: now ↔ proposed`), { preview: false });
  }

  // Puts a proposed text, as it is now, into its document. Without `uri`, this is the proposed text in the active tab.
  async take(uri = shownIn(vscode.window.tabGroups.activeTabGroup.activeTab)?.uri): Promise<void> {
    const proposed = uri && this.proposed.get(uri.toString());
    if (!proposed) throw new Failure('no proposed change is in front', { kind: 'noProposal', hint: 'Show one first, with “Aside: Apply”.' });
    const shown = textOf({ uri, isUntitled: false });
    const text = shown?.getText() ?? proposed.text;
    const document = await vscode.workspace.openTextDocument(proposed.document);
    const now = document.getText();
    if (holdsMarkers(text, proposed)) {
      throw new Failure('you and Claude have changed the same lines',
        { kind: 'conflict', hint: 'On the right, keep the lines that you want, delete the lines with <<<<<<<, |||||||, ======= and >>>>>>>, and then take the change.' });
    }
    if (now !== proposed.base && now !== text && !await this.insists(proposed)) return;
    const edit = new vscode.WorkspaceEdit();
    const asProposed = now === proposed.base && sameLines(text, proposed.text);
    edit.set(document.uri, asProposed ? proposed.edits : replacement(document, text));
    if (!await vscode.workspace.applyEdit(edit)) throw new Failure(`${path(document.uri)} can’t be changed`, { kind: 'readOnly', hint: 'The file may be read-only.' });
    const changed = proposed.edits[0]?.range.start.line ?? 0;
    await this.leave(uri);
    const selection = new vscode.Range(changed, 0, changed, 0);
    await vscode.window.showTextDocument(document, { preview: false, selection });
    proposed.taken();
  }

  // Asks the user whether to accept a proposal although the document has changed since.
  private async insists({ document, anew }: Proposed): Promise<boolean> {
    const chosen = await vscode.window.showWarningMessage(
      plainLine(`Aside: ${path(document)} has changed since this was proposed, so nothing was taken. “Take It Anyway” replaces the text of the file with the right side.`), anew_button, take_button);
    if (chosen === anew_button) await anew();
    return chosen === take_button;
  }

  // Closes a proposed text without a question whether to save it.
  private async leave(uri: vscode.Uri): Promise<void> {
    this.leaving.add(uri.toString());
    const shown = textOf({ uri, isUntitled: false });
    if (shown?.isDirty) await shown.save();
    const tabs = tabsOf(uri);
    if (tabs.length > 0) await vscode.window.tabGroups.close(tabs, true);
    this.leaving.delete(uri.toString());
    this.forget(uri);
  }

  // Drops a proposed text. VS Code is told that the file is gone, so that the text isn't listed among the recently
  // opened files.
  private forget(uri: vscode.Uri): void {
    if (this.proposed.delete(uri.toString())) this.changes.fire([{ type: vscode.FileChangeType.Deleted, uri }]);
  }

  // Closes the proposals for a document, except those that the user has edited.
  async closeUnchanged(document: vscode.Uri): Promise<void> {
    for (const [name, { document: other }] of this.proposed) {
      const uri = vscode.Uri.parse(name);
      if (other.toString() === document.toString() && !textOf({ uri, isUntitled: false })?.isDirty) await this.leave(uri);
    }
  }

  // --- the file system

  watch(): vscode.Disposable {
    return { dispose: () => {} };
  }

  stat(uri: vscode.Uri): vscode.FileStat {
    const { made, bytes } = this.find(uri);
    return { type: vscode.FileType.File, ctime: made, mtime: made, size: bytes.length };
  }

  readFile(uri: vscode.Uri): Uint8Array {
    return this.find(uri).bytes;
  }

  writeFile(uri: vscode.Uri, bytes: Uint8Array): void {
    Object.assign(this.find(uri), { bytes, made: Date.now() });
    this.changes.fire([{ type: vscode.FileChangeType.Changed, uri }]);
  }

  readDirectory(): [string, vscode.FileType][] {
    return [];
  }

  createDirectory(uri: vscode.Uri): void {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  delete(uri: vscode.Uri): void {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  rename(uri: vscode.Uri): void {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  private find(uri: vscode.Uri): Proposed {
    const proposed = this.proposed.get(uri.toString());
    if (!proposed) throw vscode.FileSystemError.FileNotFound(uri);
    return proposed;
  }
}

export function toRange({ start, end }: TextEdit['range']): vscode.Range {
  return new vscode.Range(start.line, start.character, end.line, end.character);
}

// The proposed text that a tab shows.
function shownIn(tab: vscode.Tab | undefined): { uri: vscode.Uri } | undefined {
  const { input } = tab ?? {};
  const uri = input instanceof vscode.TabInputTextDiff ? input.modified : input instanceof vscode.TabInputText ? input.uri : undefined;
  return uri?.scheme === proposal_scheme ? { uri } : undefined;
}

function tabsOf(uri: vscode.Uri): vscode.Tab[] {
  return vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs).filter((tab) => shownIn(tab)?.uri.toString() === uri.toString());
}

// Whether a text has lines of a conflict that the document didn't have before.
function holdsMarkers(text: string, { base, conflict }: Proposed): boolean {
  const count = (kind: RegExp, where: string) => where.replaceAll('\r', '').match(kind)?.length ?? 0;
  return count(marker, text) > count(marker, base) || (conflict && count(middle_marker, text) > count(middle_marker, base));
}

function sameLines(one: string, other: string): boolean {
  return one.replaceAll('\r\n', '\n') === other.replaceAll('\r\n', '\n');
}

// Returns the text of a document after these edits. The ranges of all edits refer to the text before the first edit.
function withEdits(document: vscode.TextDocument, edits: readonly vscode.TextEdit[]): string {
  const text = document.getText();
  const pieces: string[] = [];
  let at = 0;
  for (const { range, newText } of [...edits].sort((one, other) => one.range.start.compareTo(other.range.start))) {
    pieces.push(text.slice(at, document.offsetAt(range.start)), newText);
    at = document.offsetAt(range.end);
  }
  return pieces.join('') + text.slice(at);
}

// Returns one edit that gives a document this text. Equal lines at the beginning and at the end are not part of the
// edit.
function replacement(document: vscode.TextDocument, text: string): vscode.TextEdit[] {
  const end = document.eol === vscode.EndOfLine.CRLF ? '\r\n' : '\n';
  const now = document.getText().split(end);
  const wanted = text.split(/\r\n|\n/);
  const most = Math.min(now.length, wanted.length);
  let first = 0;
  while (first < most && now[first] === wanted[first]) first++;
  let last = 0;
  while (last < most - first && now.at(-1 - last) === wanted.at(-1 - last)) last++;
  if (first === now.length && first === wanted.length) return [];
  // If equal lines follow, the edit covers whole lines with their line ends. Otherwise it covers the end of the text,
  // together with the line end before it.
  const range = (lines: string[]): [string, number, number] => {
    const before = lines.slice(0, first).join(end);
    const behind = lines.slice(lines.length - last).join(end);
    const whole = lines.join(end);
    const from = first === 0 ? 0 : last === 0 && first === most ? before.length : before.length + end.length;
    const to = last === 0 ? whole.length : whole.length - behind.length;
    return [whole.slice(from, to), from, to];
  };
  const [, from, to] = range(now);
  const [newText] = range(wanted);
  return [vscode.TextEdit.replace(new vscode.Range(document.positionAt(from), document.positionAt(to)), newText)];
}
