// Links that a model wrote. The page never follows one by itself; it comes here. What is opened: web pages and mail
// addresses, by VS Code, which asks for sites that the user hasn't trusted; and files inside the workspace, as an answer
// about code names them (`src/main.c#L10`). Nothing else: no commands, no files elsewhere.
import * as vscode from 'vscode';

export async function follow(href: string, from: vscode.Uri | undefined): Promise<void> {
  if (/^(https?:\/\/|mailto:)/i.test(href)) {
    await vscode.env.openExternal(vscode.Uri.parse(href, true));
    return;
  }
  const file = target(href, from);
  if (!file || !vscode.workspace.getWorkspaceFolder(file)) {
    vscode.window.setStatusBarMessage('Aside: this link leads out of the workspace', 5000);
    return;
  }
  const line = /^#?L?(\d+)/.exec(file.fragment)?.[1];
  const at = new vscode.Position(Math.max(0, Number(line ?? 1) - 1), 0);
  await vscode.window.showTextDocument(file.with({ fragment: '' }), line ? { selection: new vscode.Range(at, at) } : {});
}

// A name relative to the folder that holds the document; joining resolves `..`, so what counts is where it ends.
function target(href: string, from: vscode.Uri | undefined): vscode.Uri | undefined {
  const folder = from && vscode.workspace.getWorkspaceFolder(from);
  const [path = '', fragment = ''] = href.split('#');
  try {
    if (/^file:\/\/\//i.test(href)) return vscode.Uri.joinPath(vscode.Uri.parse(href, true), '.');
    if (!folder || !path || /^[a-z][a-z0-9+.-]*:/i.test(path) || path.startsWith('//')) return undefined;
    return vscode.Uri.joinPath(folder.uri, decodeURIComponent(path)).with({ fragment });
  } catch {
    return undefined;
  }
}
