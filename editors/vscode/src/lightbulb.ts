// The lightbulb: a question about the selection, and one about each problem under the cursor.
import * as vscode from 'vscode';

const kind = vscode.CodeActionKind.Empty.append('aside');

export const lightbulb: vscode.CodeActionProvider = {
  provideCodeActions(document, range, { diagnostics, only }) {
    const wanted = (offered: vscode.CodeActionKind) => !only || only.contains(offered);
    const actions: vscode.CodeAction[] = [];
    if (!range.isEmpty && wanted(kind)) {
      const action = new vscode.CodeAction('Ask Aside about the selection', kind);
      action.command = { title: action.title, command: 'aside.askSelection' };
      actions.push(action);
    }
    for (const problem of wanted(vscode.CodeActionKind.QuickFix) ? diagnostics : []) {
      const action = new vscode.CodeAction('Explain this problem with Aside', vscode.CodeActionKind.QuickFix);
      action.diagnostics = [problem];
      action.command = {
        title: action.title, command: 'aside.explain',
        arguments: [{ uri: document.uri, range: problem.range, message: problem.message }],
      };
      actions.push(action);
    }
    return actions;
  },
};

export const kinds = [kind, vscode.CodeActionKind.QuickFix];
