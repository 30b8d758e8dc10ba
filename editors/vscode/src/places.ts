// Names of files and lines, and the way to them.
import * as vscode from 'vscode';
import { Attachment, Range } from './protocol';

// `main.c:10-24`. A range that ends before the first character of a line doesn't touch that line.
export function label({ uri, range }: { uri: string | vscode.Uri; range?: Range }): string {
  const name = path(uri).split('/').at(-1) || uri.toString();
  if (!range) return name;
  const first = range.start.line + 1;
  const last = Math.max(first, range.end.character === 0 ? range.end.line : range.end.line + 1);
  return first === last ? `${name}:${first}` : `${name}:${first}-${last}`;
}

// `src/main.c`, as seen from the workspace folder.
export function path(uri: string | vscode.Uri): string {
  const parsed = vscode.Uri.parse(uri.toString());
  const nameless = parsed.scheme === 'untitled' && !parsed.path.startsWith('/') && parsed.path.length === 36;
  return nameless ? 'Untitled' : vscode.workspace.asRelativePath(parsed, false) || uri.toString();
}

// The place where an attachment was when it was sent.
export async function reveal(attachment: Attachment | undefined): Promise<void> {
  if (!attachment) return;
  const { range } = attachment;
  const selection = range && new vscode.Range(range.start.line, range.start.character, range.end.line, range.end.character);
  await vscode.window.showTextDocument(vscode.Uri.parse(attachment.uri), { ...(selection && { selection }), preview: true });
}
