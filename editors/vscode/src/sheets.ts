// Read-only documents with generated text: previews, usage tables, instructions.
import * as vscode from 'vscode';
import { text_language } from './plain';

export class Sheets implements vscode.TextDocumentContentProvider {
  static readonly scheme = 'aside-sheet';
  private readonly texts = new Map<string, string>();
  private readonly changes = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changes.event;

  // Shows a document; it replaces an earlier document of the same name. If `place` is `beside`, the cursor stays in the
  // editor.
  async show(name: string, text: string, place: 'front' | 'beside'): Promise<void> {
    const uri = vscode.Uri.from({ scheme: Sheets.scheme, path: `${text_language.folder}/${name}` });
    this.texts.set(uri.toString(), text);
    this.changes.fire(uri);
    const document = await vscode.workspace.openTextDocument(uri);
    const shown = vscode.window.visibleTextEditors.find((editor) => editor.document === document);
    const column = place === 'front' ? vscode.ViewColumn.Active : vscode.ViewColumn.Beside;
    await vscode.window.showTextDocument(document, { viewColumn: shown?.viewColumn ?? column, preview: false, preserveFocus: place === 'beside' });
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.texts.get(uri.toString()) ?? 'This text is from an earlier window. Run the command again to get it.\n';
  }
}
