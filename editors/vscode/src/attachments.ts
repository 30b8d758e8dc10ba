// Makes attachments: of files, of code, of problems, and of a document's changes since the last commit.
import * as vscode from 'vscode';
import { Failure } from './daemon';
import { Documents, plainRange } from './documents';
import { folder, label, path } from './places';
import { plainLine } from './plain';
import { Attachment, Known, Position, Range, Shared, Turn, Wanted } from './protocol';
import { SelectedRange, Subject } from './subject';
import { Topic, no_file, notebookOf, sameTopic, textsOf } from './topics';

const most_files = 20_000; // in the list of files

const severities: Record<vscode.DiagnosticSeverity, string> = { 0: 'error', 1: 'warning', 2: 'info', 3: 'hint' };

// Lists the files of the workspace, open ones first.
async function workspaceFiles(): Promise<vscode.Uri[]> {
  const open = vscode.workspace.textDocuments.filter(({ uri, isClosed }) => uri.scheme === 'file' && !isClosed).map(({ uri }) => uri);
  const all = await vscode.workspace.findFiles('**/*', undefined, most_files);
  const names = new Set(open.map(String));
  return [...open, ...all.filter((uri) => !names.has(uri.toString())).sort((one, other) => (path(one) < path(other) ? -1 : 1))];
}

// Lets the user choose several files; a button leads to files outside of the workspace.
export async function chooseFiles(): Promise<vscode.Uri[]> {
  const box = vscode.window.createQuickPick<vscode.QuickPickItem & { uri: vscode.Uri }>();
  const elsewhere = { iconPath: new vscode.ThemeIcon('folder-opened'), tooltip: 'Files Elsewhere…' };
  Object.assign(box, {
    title: 'Attach files to the question', placeholder: 'Part of a name', canSelectMany: true, matchOnDescription: true, busy: true, buttons: [elsewhere],
  });
  const chosen = new Promise<vscode.Uri[] | undefined>((resolve) => {
    box.onDidTriggerButton(() => resolve(undefined));
    box.onDidAccept(() => resolve(box.selectedItems.map(({ uri }) => uri)));
    box.onDidHide(() => resolve([]));
  });
  box.show();
  try {
    box.items = (await workspaceFiles()).map((uri) => ({ label: plainLine(label({ uri })), description: plainLine(folder(uri)), uri }));
    box.busy = false;
    return await chosen ?? await vscode.window.showOpenDialog({ title: 'Attach files to the question', openLabel: 'Attach', canSelectMany: true }) ?? [];
  } finally {
    box.dispose();
  }
}

// Attaches whole files. Their text is taken when the question is sent: from the editor if the file is open there,
// otherwise from the disk.
export function fileAttachments(documents: Documents, uris: readonly vscode.Uri[]): Attachment[] {
  return uris.map((uri) => {
    const topic = documents.find(uri.toString()) ?? { uri, isUntitled: false };
    return documents.whole(topic);
  });
}

// Attaches the selection as it is now. If nothing is selected, attaches the whole file. If no file is open, attaches
// nothing.
export function codeAttachments(documents: Documents, { here, selected }: Subject): Attachment[] {
  if (selected.length > 0) return selected.map(({ document, range }) => documents.snapshot(document, range));
  return sameTopic(here, no_file) ? [] : [documents.whole(here)];
}

// Whether the model already has all of this code.
export function isKnown({ uri, range }: Attachment, known: readonly Known[]): boolean {
  const isBefore = (one: Position, other: Position) => one.line < other.line || (one.line === other.line && one.character < other.character);
  return known.some((piece) => piece.uri === uri && (!piece.range || (range && !isBefore(range.start, piece.range.start) && !isBefore(piece.range.end, range.end))));
}

// Attaches the problems that VS Code shows in the selection, or in the whole document if nothing is selected.
export function problemAttachments(documents: Documents, topic: Topic, selected: readonly SelectedRange[]): Attachment[] {
  const pieces = selected.length > 0 ? selected : textsOf(topic).map((document) => ({ document, range: undefined }));
  const found = pieces.flatMap(({ document, range }) => {
    const inRange = vscode.languages.getDiagnostics(document.uri).filter((problem) => !range || problem.range.intersection(range));
    if (inRange.length === 0) return [];
    const all = new vscode.Range(0, 0, document.lineCount, 0);
    const { uri } = documents.snapshot(document, range ?? all);
    return [{ ...(range ? documents.attachment(document, range) : { uri }), kind: 'diagnostics' as const, text: inRange.map(problemText).join('\n') }];
  });
  if (found.length > 0) return found;
  throw new Failure(`VS Code lists no problems in ${selected.length > 0 ? 'what is selected' : label(topic)}`, { kind: 'noProblems' });
}

// Returns the problems in the line of the cursor, as a text, with these lines.
export function problemsAt({ document, selection: { active } }: vscode.TextEditor): { text: string; range: Range } | undefined {
  const line = new vscode.Range(active.line, 0, active.line + 1, 0);
  const problems = vscode.languages.getDiagnostics(document.uri).filter(({ range }) => range.start.line <= active.line && active.line <= range.end.line);
  return problems.length === 0 ? undefined : { text: `${problems.map(problemText).join('\n')}\n`, range: plainRange(line) };
}

export function diffAttachment(documents: Documents, topic: Topic): Attachment {
  if (notebookOf(topic)) throw new Failure('git can compare the file of a notebook, but not its cells', { kind: 'noDiff', hint: 'Attach the notebook instead.' });
  return { uri: documents.uri(topic), kind: 'gitDiff' };
}

// Formats a problem as one line: `12:5 error: 'x' is not defined [clang unused]`
function problemText({ range: { start }, severity, message, source, code }: vscode.Diagnostic): string {
  const from = [source, typeof code === 'object' ? code.value : code].filter((word) => word !== undefined && word !== '').join(' ');
  const words = message.replace(/\s+/g, ' ').trim();
  return `${start.line + 1}:${start.character + 1} ${severities[severity]}: ${words}${from && ` [${from}]`}`;
}

// Attaches again what an earlier question had attached. Updates are left out, since only the daemon adds them. Images
// and documents are read again from their files.
export function toAttachments({ uri, kind, range, text, languageId }: Shared): Attachment[] {
  switch (kind) {
    case 'update':
      return [];
    case 'image':
    case 'document':
      return [{ uri }];
    case 'gitDiff':
      return [{ uri, kind }];
    default:
      return [{ uri, text, ...(range && { range }), ...(languageId && { languageId }), ...(kind && { kind }) }];
  }
}

// Returns what a reply asks to see, as attachments. Each call for the same reply returns the same objects.
export function wantedBy(reply: Turn | undefined): readonly Attachment[] {
  if (!reply?.wanted) return [];
  const wanted = wantedFiles.get(reply.wanted) ?? reply.wanted.map(({ uri, range }) => ({ uri, ...(range && { range }) }));
  wantedFiles.set(reply.wanted, wanted);
  return wanted;
}

const wantedFiles = new WeakMap<readonly Wanted[], readonly Attachment[]>();

// Returns the files on which a menu of VS Code was opened. VS Code passes the clicked file and, if that file is
// selected, all selected files.
export function clickedFiles(clicked: vscode.Uri, selected: unknown): vscode.Uri[] {
  const several = Array.isArray(selected) ? selected.filter((other) => other instanceof vscode.Uri) : [];
  return several.length > 0 ? several : [clicked];
}

// Returns the URIs of dropped files. In a remote window these URIs name files on the remote machine.
export function droppedFiles(list: string): vscode.Uri[] {
  return list.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('#')).flatMap((line) => {
    try {
      const uri = vscode.Uri.parse(line, true).with({ fragment: '', query: '' });
      return uri.scheme === 'vscode-remote' ? [vscode.Uri.file(uri.path)] : [uri];
    } catch {
      return [];
    }
  });
}
