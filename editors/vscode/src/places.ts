// Names of files and lines, and the way to them.
import * as vscode from 'vscode';
import { Attachment, Range, Shared } from './protocol';

// `main.c:10-24`. A range that ends before the first character of a line doesn't touch that line.
export function label({ uri, range }: { uri: string | vscode.Uri; range?: Range }): string {
  const name = path(uri).split('/').at(-1) || uri.toString();
  if (!range) return name;
  const first = range.start.line + 1;
  const last = Math.max(first, range.end.character === 0 ? range.end.line : range.end.line + 1);
  return first === last ? `${name}:${first}` : `${name}:${first}-${last}`;
}

// `main.c:10-24`, `main.c problems`.
export function piece(attachment: Attachment): string {
  return [label(attachment), attachment.kind && { diagnostics: 'problems', gitDiff: 'changes' }[attachment.kind]].filter(Boolean).join(' ');
}

// `src/main.c`, as seen from the workspace folder.
export function path(uri: string | vscode.Uri): string {
  const parsed = vscode.Uri.parse(uri.toString());
  const nameless = parsed.scheme === 'untitled' && !parsed.path.startsWith('/') && parsed.path.length === 36;
  return nameless ? 'Untitled' : vscode.workspace.asRelativePath(parsed, false) || uri.toString();
}

// `src`, that of a file; empty at the top of the workspace.
export function folder(uri: vscode.Uri): string {
  const name = path(uri);
  return name.slice(0, Math.max(0, name.lastIndexOf('/')));
}

// The place where an attachment was when it was sent. VS Code knows which editor shows a picture.
export async function reveal(attachment: Shared | undefined): Promise<void> {
  if (!attachment) return;
  const { range } = attachment;
  const selection = range && new vscode.Range(range.start.line, range.start.character, range.end.line, range.end.character);
  await vscode.commands.executeCommand('vscode.open', vscode.Uri.parse(attachment.uri), { ...(selection && { selection }), preview: true });
}
