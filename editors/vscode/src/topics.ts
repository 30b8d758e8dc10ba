// The topic of a conversation: a text document, a whole notebook or, if nothing is open, the window's folder. The cells
// of a notebook belong to the notebook's conversation. The older side of a comparison, and a proposed text, belong to
// their file's conversation.
import * as vscode from 'vscode';

// VS Code's text documents and notebooks have these fields. A file that isn't open can also be a topic.
export interface Topic { readonly uri: vscode.Uri; readonly isUntitled: boolean }

export const no_file: Topic = { uri: vscode.Uri.from({ scheme: 'untitled', path: 'No file' }), isUntitled: true };

const with_conversation = new Set(['file', 'untitled', 'vscode-remote', 'vscode-vfs', 'vscode-userdata']);
const without_conversation = new Set(['output', 'debug', 'comment', 'vscode', 'vscode-scm', 'walkThrough', 'aside', 'aside-sheet']);

export function sameTopic(one: Topic | undefined, other: Topic | undefined): boolean {
  return one?.uri.toString() === other?.uri.toString();
}

export function topicOf(document: vscode.TextDocument): Topic | undefined {
  const { scheme } = document.uri;
  if (without_conversation.has(scheme)) return undefined;
  if (with_conversation.has(scheme)) return document;
  const notebook = cellOf(document)?.notebook;
  if (notebook) return notebook;
  const changed = proposedFor(document.uri);
  if (changed) return changed;
  const file = olderSideOf(document.uri);
  return file ? findOpen(file) ?? { uri: file, isUntitled: false } : document;
}

// The scheme of proposed texts. The query of such a URI names the document to which the proposed text belongs.
export const proposal_scheme = 'aside-proposal';

export function proposedFor({ scheme, query }: vscode.Uri): Topic | undefined {
  if (scheme !== proposal_scheme) return undefined;
  const uri = vscode.Uri.parse(query);
  return findOpen(uri) ?? { uri, isUntitled: uri.scheme === 'untitled' };
}

export function cellOf(document: vscode.TextDocument): vscode.NotebookCell | undefined {
  if (document.uri.scheme !== 'vscode-notebook-cell') return undefined;
  const cells = vscode.workspace.notebookDocuments.flatMap((notebook) => notebook.getCells());
  return cells.find((cell) => cell.document === document);
}

export function notebookOf({ uri }: Topic): vscode.NotebookDocument | undefined {
  return vscode.workspace.notebookDocuments.find((notebook) => notebook.uri.toString() === uri.toString());
}

export function textOf({ uri }: Topic): vscode.TextDocument | undefined {
  return vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
}

// Whether a document that VS Code reports as closed is still open: VS Code reports a document as closed even when only
// its language has changed.
export function isStillOpen(document: vscode.TextDocument): boolean {
  return vscode.workspace.textDocuments.includes(document);
}

// Returns the documents that hold the text of a topic.
export function textsOf(topic: Topic): vscode.TextDocument[] {
  const text = textOf(topic);
  return text ? [text] : notebookOf(topic)?.getCells().map(({ document }) => document) ?? [];
}

// Opens a file without showing it. Resolves to undefined if there is no such file or it can't be opened here.
export async function openTopic(uri: vscode.Uri): Promise<Topic | undefined> {
  const known = findOpen(uri);
  if (known || uri.scheme === 'untitled' || !with_conversation.has(uri.scheme)) return known;
  try {
    return uri.path.endsWith('.ipynb') ? await vscode.workspace.openNotebookDocument(uri) : await vscode.workspace.openTextDocument(uri);
  } catch {
    return undefined;
  }
}

export async function bringToFront(topic: Topic, preserveFocus = false): Promise<void> {
  if (sameTopic(topic, no_file)) return;
  const notebook = notebookOf(topic);
  if (notebook) await vscode.window.showNotebookDocument(notebook, { preserveFocus });
  else await vscode.window.showTextDocument(topic.uri, { preserveFocus });
}

function findOpen(uri: vscode.Uri): Topic | undefined {
  return notebookOf({ uri, isUntitled: false }) ?? textOf({ uri, isUntitled: false });
}

// Returns the file of which a document is an earlier version. The file is named by the URI of VS Code's Git extension,
// or it is the other side of the comparison.
function olderSideOf(uri: vscode.Uri): vscode.Uri | undefined {
  const { input } = vscode.window.tabGroups.activeTabGroup.activeTab ?? {};
  const compared = input instanceof vscode.TabInputTextDiff || input instanceof vscode.TabInputNotebookDiff ? input : undefined;
  if (compared?.original.toString() === uri.toString() && compared.modified.scheme === 'file') return compared.modified;
  if (uri.scheme !== 'git') return undefined;
  try {
    const { path } = JSON.parse(uri.query) as { path?: unknown };
    return typeof path === 'string' ? vscode.Uri.file(path) : undefined;
  } catch {
    return undefined;
  }
}
