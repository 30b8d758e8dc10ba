// Unsent questions, one for each document, the same in the input box and in the view. Their text is kept when the window
// closes. Attachments go with the next question, whatever document that is about; they contain texts of files, so they are
// kept in memory only.
import { EventEmitter } from 'node:events';
import * as vscode from 'vscode';
import { Attachment } from './protocol';

const remembered = 'aside.drafts';
const edits = 'aside.edits';

// For a draft that is a changed earlier question: the place of that question in the tree.
export interface Edit { conversation: string; parent: string | null }

export class Drafts extends EventEmitter<{ changed: [text: boolean] }> {
  attachments: readonly Attachment[] = [];
  private readonly stale = new Set<string>(); // documents whose next question is sent without updates

  constructor(private readonly memory: vscode.Memento) {
    super();
  }

  text(uri: string): string {
    return this.memory.get<Record<string, string>>(remembered, {})[uri] ?? '';
  }

  edit(uri: string): Edit | null {
    return this.memory.get<Record<string, Edit>>(edits, {})[uri] ?? null;
  }

  // Called by the page, which shows the text already.
  type(uri: string, text: string): void {
    const { [uri]: _, ...others } = this.memory.get<Record<string, string>>(remembered, {});
    void this.memory.update(remembered, text ? { ...others, [uri]: text } : others);
  }

  put(uri: string, text: string, attachments = this.attachments, edit = this.edit(uri)): void {
    this.type(uri, text);
    const { [uri]: _, ...others } = this.memory.get<Record<string, Edit>>(edits, {});
    void this.memory.update(edits, edit ? { ...others, [uri]: edit } : others);
    this.attachments = attachments;
    this.emit('changed', true);
  }

  leave(uri: string): void {
    this.stale.delete(uri);
    this.put(uri, '', [], null);
  }

  share(attachments: readonly Attachment[]): void {
    this.attachments = attachments;
    this.emit('changed', false);
  }

  // Whether updates of shared text go along.
  current(uri: string): boolean {
    return !this.stale.has(uri);
  }

  leaveOutChanges(uri: string): void {
    this.stale.add(uri);
    this.emit('changed', false);
  }
}
