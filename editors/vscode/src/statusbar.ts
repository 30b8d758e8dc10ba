// The status bar item: what is being written, also for files that are not shown; else the way to the conversation.
import * as vscode from 'vscode';
import { Conversations } from './conversations';
import { Daemon } from './daemon';

export function statusBar(conversations: Conversations, daemon: Daemon): vscode.Disposable {
  const item = vscode.window.createStatusBarItem('aside.status', vscode.StatusBarAlignment.Right, 100);
  item.name = 'Aside';
  item.command = 'aside.show';
  const update = () => {
    const files = conversations.running.map(({ name }) => name).join(', ');
    const { failure } = daemon;
    item.text = files ? `$(loading~spin) Aside: ${files}` : failure ? '$(warning) Aside' : '$(comment-discussion) Aside';
    item.tooltip = files ? `A reply is being written for ${files}`
      : failure ? `${failure.message}. ${failure.data.hint ?? ''}` : 'Show the conversation of this file';
    item.accessibilityInformation = { label: item.tooltip };
  };
  update();
  item.show();
  conversations.on('changed', update);
  daemon.on('up', update);
  daemon.on('down', update);
  return item;
}
