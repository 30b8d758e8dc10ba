// The status bar item. It shows for which files a reply is being written. If none is, it shows what the conversation of
// the current file has cost, and how much of the model's window it fills. A click shows the conversation.
import * as vscode from 'vscode';
import { Conversations } from './conversations';
import { Daemon } from './daemon';
import { fullnessWarning, meter, shortMeter } from './figures';
import { plain, plainLine, sentences } from './plain';
import { Subject } from './subject';

export function statusBar(conversations: Conversations, daemon: Daemon, subject: Subject): vscode.Disposable {
  const item = vscode.window.createStatusBarItem('aside.status', vscode.StatusBarAlignment.Right, 100);
  item.name = 'Aside';
  item.command = 'aside.show';
  const update = () => {
    const files = plainLine(conversations.running.map(({ name }) => name).join(', '));
    const { failure } = daemon;
    const state = conversations.existing(subject.here);
    const conversation = state?.conversation;
    const full = conversation ? fullnessWarning(conversation) : '';
    const figures = conversation && shortMeter(conversation);
    const meterText = conversation && meter(conversation);
    item.text = files ? `$(loading~spin) Aside: ${files}` : `$(${failure || full ? 'warning' : 'comment-discussion'}) ${failure ? 'Aside' : figures || 'Aside'}`;
    item.tooltip = files ? `A reply is being written for ${files}`
      : failure ? plain(sentences(failure.message, failure.data.hint))
        : meterText ? plainLine(`Aside, ${state!.name}: ${meterText}. ${full}`) : 'Show the conversation of this file';
    item.accessibilityInformation = { label: item.tooltip };
  };
  update();
  item.show();
  conversations.on('changed', update);
  subject.on('changed', update);
  daemon.on('up', update);
  daemon.on('down', update);
  return item;
}
