// Questions that were typed and not sent, one a document: the same in the input box and in the view. The text outlives
// the window; selections that were put with it are texts of files and are kept in memory only.
import * as vscode from 'vscode';
import { Attachment } from './protocol';

const remembered = 'aside.drafts';

export class Drafts {
  private readonly attachments = new Map<string, Attachment[]>();
  private readonly changes = new vscode.EventEmitter<string>();
  readonly onChanged = this.changes.event; // by anyone but the page's own typing

  constructor(private readonly memory: vscode.Memento) {}

  text(uri: string): string {
    return this.memory.get<Record<string, string>>(remembered, {})[uri] ?? '';
  }

  selections(uri: string): Attachment[] {
    return this.attachments.get(uri) ?? [];
  }

  type(uri: string, text: string): void {
    const { [uri]: _, ...others } = this.memory.get<Record<string, string>>(remembered, {});
    void this.memory.update(remembered, text ? { ...others, [uri]: text } : others);
  }

  put(uri: string, text: string, attachments: Attachment[]): void {
    this.type(uri, text);
    this.attachments.set(uri, attachments);
    this.changes.fire(uri);
  }

  add(uri: string, added: Attachment[]): void {
    this.put(uri, this.text(uri), [...this.selections(uri), ...added]);
  }

  drop(uri: string, index: number): void {
    this.put(uri, this.text(uri), this.selections(uri).filter((_, i) => i !== index));
  }
}
