// The status bar item: what is being written, also for files that are not shown; else the way to the conversation.
import * as vscode from 'vscode';
import { Conversations } from './conversations';
import { Daemon } from './daemon';
import { label } from './places';

export function statusBar(conversations: Conversations, daemon: Daemon): vscode.Disposable {
  const item = vscode.window.createStatusBarItem('aside.status', vscode.StatusBarAlignment.Right, 100);
  item.name = 'Aside';
  item.command = 'aside.show';
  let shown: string | undefined;
  const update = () => {
    const files = conversations.running.map(({ document }) => label({ uri: document.uri.toString() }));
    const text = files.length > 0 ? `$(loading~spin) Aside: ${files.join(', ')}`
      : daemon.failure ? '$(warning) Aside' : '$(comment-discussion) Aside';
    if (text !== shown) {
      shown = item.text = text;
      item.tooltip = files.length > 0 ? `A reply is being written for ${files.join(', ')}`
        : daemon.failure ? `${daemon.failure.message}. ${daemon.failure.data.hint ?? ''}` : 'Show the conversation of this file';
      item.accessibilityInformation = { label: item.tooltip };
      void vscode.commands.executeCommand('setContext', 'aside.running', files.length > 0);
    }
  };
  update();
  item.show();
  return vscode.Disposable.from(item, conversations.onChanged(update), daemon.onUp(update), daemon.onDown(update));
}
