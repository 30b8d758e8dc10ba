// What can go with a question besides a selection: files, problems, and how a document differs from the last commit.
import * as vscode from 'vscode';
import { Failure } from './daemon';
import { Documents } from './documents';
import { folder, label, path } from './places';
import { Attachment, Shared } from './protocol';

const most_files = 20_000; // to choose from

const severities: Record<vscode.DiagnosticSeverity, string> = { 0: 'error', 1: 'warning', 2: 'info', 3: 'hint' };

// Those of the workspace, the ones that are open first.
export async function workspaceFiles(): Promise<vscode.Uri[]> {
  const open = vscode.workspace.textDocuments.filter(({ uri, isClosed }) => uri.scheme === 'file' && !isClosed).map(({ uri }) => uri);
  const all = await vscode.workspace.findFiles('**/*', undefined, most_files);
  const names = new Set(open.map(String));
  return [...open, ...all.filter((uri) => !names.has(uri.toString())).sort((one, other) => (path(one) < path(other) ? -1 : 1))];
}

// Several at once; a button leads to files elsewhere.
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
    box.items = (await workspaceFiles()).map((uri) => ({ label: label({ uri }), description: folder(uri), uri }));
    box.busy = false;
    return await chosen ?? await vscode.window.showOpenDialog({ title: 'Attach files to the question', openLabel: 'Attach', canSelectMany: true }) ?? [];
  } finally {
    box.dispose();
  }
}

// Whole, as they are in the editor or else on the disk when the question is sent.
export function files(documents: Documents, uris: readonly vscode.Uri[]): Attachment[] {
  return uris.map((uri) => {
    const document = vscode.workspace.textDocuments.find((other) => other.uri.toString() === uri.toString());
    return document ? documents.attachment(document) : { uri: uri.toString() };
  });
}

// What VS Code complains of in what is selected, or else in all of the document.
export function problems(documents: Documents, document: vscode.TextDocument, selections: readonly vscode.Range[]): Attachment[] {
  const all = vscode.languages.getDiagnostics(document.uri);
  const under = (range: vscode.Range) => all.filter((problem) => problem.range.intersection(range));
  const found = selections.length > 0 ? selections.map((range) => ({ range, problems: under(range) })) : [{ range: undefined, problems: all }];
  const pieces = found.filter(({ problems }) => problems.length > 0);
  if (pieces.length === 0) throw new Failure(`VS Code has no problems in ${selections.length > 0 ? 'what is selected' : label(document)}`, { kind: 'noProblems' });
  return pieces.map(({ range, problems }) => ({
    ...documents.attachment(document, range), kind: 'diagnostics', text: problems.map(line).join('\n'),
  }));
}

export function difference(documents: Documents, document: vscode.TextDocument): Attachment {
  return { ...documents.attachment(document), kind: 'gitDiff' };
}

// `12:5 error: 'x' is not defined [clang unused]`
function line({ range: { start }, severity, message, source, code }: vscode.Diagnostic): string {
  const from = [source, typeof code === 'object' ? code.value : code].filter((word) => word !== undefined && word !== '').join(' ');
  const words = message.replace(/\s+/g, ' ').trim();
  return `${start.line + 1}:${start.character + 1} ${severities[severity]}: ${words}${from && ` [${from}]`}`;
}

// The attachment that this one was; none of what the daemon added by itself. Files that are no text are read anew.
export function again({ uri, kind, range, text, languageId }: Shared): Attachment[] {
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

// What a menu of VS Code's was opened on: all that is selected there, if that is a part of it.
export function together(one: vscode.Uri, all: unknown): vscode.Uri[] {
  const several = Array.isArray(all) ? all.filter((other) => other instanceof vscode.Uri) : [];
  return several.length > 0 ? several : [one];
}

// What was dropped, as the extension may name it: a window on another machine names that machine's files with it.
export function dropped(list: string): vscode.Uri[] {
  return list.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('#')).flatMap((line) => {
    try {
      const uri = vscode.Uri.parse(line, true).with({ fragment: '', query: '' });
      return uri.scheme === 'vscode-remote' ? [vscode.Uri.file(uri.path)] : [uri];
    } catch {
      return [];
    }
  });
}
