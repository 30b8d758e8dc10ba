// Names files and lines for people, and shows them.
import * as vscode from 'vscode';
import { lines } from './figures';
import { Attachment, Range, Shared } from './protocol';
import { bringToFront, notebookOf, openTopic } from './topics';

// Returns a short name for people: `main.c:10-24`.
export function label({ uri, range }: { uri: string | vscode.Uri; range?: Range }): string {
  const earlier = uri.toString().startsWith('git:') ? ' (earlier)' : '';
  const name = `${path(uri).split('/').at(-1) || uri.toString()}${earlier}`;
  return range ? `${name}:${lines(range)}` : name;
}

// Returns the name of an attachment: `main.c:10-24`, `main.c:10-24 problems`.
export function attachmentLabel(attachment: Attachment): string {
  return [label(attachment), attachment.kind && { diagnostics: 'problems', gitDiff: 'changes' }[attachment.kind]].filter(Boolean).join(' ');
}

// Returns the names of several pieces: `main.c:10-24, util.c and 3 more`.
export function labels(pieces: readonly { uri: string; range?: Range }[]): string {
  const most = 3;
  return pieces.slice(0, most).map(label).join(', ') + (pieces.length > most ? ` and ${pieces.length - most} more` : '');
}

// Returns the path relative to the workspace folder: `src/main.c`.
export function path(uri: string | vscode.Uri): string {
  const parsed = vscode.Uri.parse(uri.toString());
  const nameless = parsed.scheme === 'untitled' && !parsed.path.startsWith('/') && parsed.path.length === 36;
  if (nameless) return 'Untitled';
  const named = /^(git|vscode-notebook)/.test(parsed.scheme) ? vscode.Uri.file(parsed.path) : parsed;
  return vscode.workspace.asRelativePath(named, false) || uri.toString();
}

// The folder of a file, such as `src`; empty at the top of the workspace.
export function folder(uri: vscode.Uri): string {
  const name = path(uri);
  return name.slice(0, Math.max(0, name.lastIndexOf('/')));
}

// Whether the commit in a `git:` URI looks like an option to git, because it begins with `-`.
function namesOption({ scheme, query }: vscode.Uri): boolean {
  if (scheme !== 'git') return false;
  try {
    const { ref } = JSON.parse(query) as { ref?: unknown };
    return typeof ref !== 'string' || ref.startsWith('-');
  } catch {
    return true;
  }
}

// Shows the place that an attachment had when it was sent. The cursor stays in the question box: in the editor, the next key
// would replace the selected text. An imported conversation may hold any URI, so only URIs of documents are opened.
export async function reveal(attachment: Shared | undefined): Promise<void> {
  if (!attachment) return;
  const { uri, range } = attachment;
  const parsed = vscode.Uri.parse(uri);
  const [, path, number] = /^(.*) cell (\d+)$/.exec(parsed.path) ?? [];
  const notebook = /^vscode-notebook/.test(parsed.scheme) && await openTopic(vscode.Uri.file(path ?? parsed.path));
  if (notebook) {
    const shown = notebookOf(notebook);
    const at = Number(number ?? 1) - 1;
    if (!shown) return bringToFront(notebook, true);
    await vscode.window.showNotebookDocument(shown, { preserveFocus: true, selections: [new vscode.NotebookRange(at, at + 1)] });
    return;
  }
  if (!/^(file|untitled|vscode-remote|git)$/.test(parsed.scheme) || namesOption(parsed)) return;
  const selection = range && new vscode.Range(range.start.line, range.start.character, range.end.line, range.end.character);
  await vscode.commands.executeCommand('vscode.open', parsed, { ...(selection && { selection }), preview: true, preserveFocus: true });
}
