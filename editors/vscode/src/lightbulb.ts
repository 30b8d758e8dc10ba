// The lightbulb: it offers to ask about the selection, to rewrite the selection, and to explain each problem under the
// cursor.
import * as vscode from 'vscode';

const kind = vscode.CodeActionKind.Empty.append('aside');

export const kinds = [kind, vscode.CodeActionKind.QuickFix];

export const lightbulb: vscode.CodeActionProvider = {
  provideCodeActions({ uri }, range, { diagnostics, only }) {
    const actions = diagnostics.map((problem) => {
      const { range, message } = problem;
      const action = new vscode.CodeAction('Explain this problem with Aside', vscode.CodeActionKind.QuickFix);
      action.diagnostics = [problem];
      action.command = { title: action.title, command: 'aside.explain', arguments: [{ uri, range, message }] };
      return action;
    });
    if (!range.isEmpty) {
      const action = new vscode.CodeAction('Ask Aside about the selection', kind);
      action.command = { title: action.title, command: 'aside.askSelection' };
      const rewrite = new vscode.CodeAction('Rewrite the selection with Aside', kind);
      rewrite.command = { title: rewrite.title, command: 'aside.rewrite' };
      actions.push(action, rewrite);
    }
    return actions.filter((action) => !only || only.contains(action.kind!));
  },
};
