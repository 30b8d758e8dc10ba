// The two lists to choose from: conversations and models.
import * as vscode from 'vscode';
import { Conversations } from './conversations';
import { Daemon } from './daemon';
import { label } from './places';
import { Model, Summary } from './protocol';

const most = 500; // as many as the daemon gives at once

export async function switchConversation(daemon: Daemon, conversations: Conversations, document: vscode.TextDocument): Promise<void> {
  const shown = await conversations.ready(document);
  type Page = { conversations: Summary[] };
  const [own, all, deleted] = await Promise.all([
    daemon.request<Page>('conversation/list', { textDocument: { uri: shown.uri }, limit: most }),
    daemon.request<Page>('conversation/list', { limit: most }),
    daemon.request<Page>('conversation/list', { deleted: true, limit: most }),
  ]);
  const ids = new Set(own.conversations.map(({ conversation }) => conversation));
  const others = all.conversations.filter(({ conversation }) => !ids.has(conversation));
  const item = (summary: Summary) => ({
    label: `${summary.conversation === shown.conversation.conversation ? '$(check) ' : ''}${summary.title || 'Nothing asked yet'}`,
    description: label({ uri: summary.uri }),
    detail: [new Date(summary.updated).toLocaleString(), `${summary.turns} turns`, money(summary.cost)].filter(Boolean).join(' · '),
    conversation: summary.conversation,
  });
  const section = (text: string, summaries: Summary[]) =>
    [{ label: text, kind: vscode.QuickPickItemKind.Separator, conversation: '' }, ...summaries.map(item)];
  const chosen = await vscode.window.showQuickPick(
    [...section('of this file', own.conversations), ...section('of other files', others), ...section('deleted', deleted.conversations)],
    { title: `Conversations: ${label(document)} shows …`, matchOnDescription: true });
  if (chosen) await conversations.change(document, 'open', { conversation: chosen.conversation });
}

// First the model, then how hard it shall think.
export async function chooseModel(daemon: Daemon, conversations: Conversations, document: vscode.TextDocument): Promise<void> {
  const { conversation } = await conversations.ready(document);
  const { models, default: standard } = await daemon.request<{ models: Model[]; default: string }>('model/list', {});
  const mark = (current: boolean) => (current ? '$(check) ' : '');
  const model = await vscode.window.showQuickPick([
    ...models.map(({ id, name, contextWindow, price, efforts }) => ({
      label: mark(id === conversation.model) + name, description: id, id, efforts,
      detail: `$${price.input} in, $${price.output} out for a million tokens · ${contextWindow < 1e6 ? `${Math.round(contextWindow / 1e3)}k` : `${contextWindow / 1e6}M`} window`,
    })),
    { label: 'As in the settings', description: standard, id: '', efforts: [] as string[], detail: '' },
    { label: 'Other…', description: 'by its name', id: undefined, efforts: [] as string[], detail: '' },
  ], { title: `Model of this conversation (now ${conversation.model})`, matchOnDescription: true });
  if (!model) return;
  const id = model.id ?? await vscode.window.showInputBox({ title: 'Name of the model', value: conversation.model });
  if (id === undefined) return;
  let effort = '';
  if (model.efforts.length > 0) {
    const choice = await vscode.window.showQuickPick(
      ['The model’s own', ...model.efforts],
      { title: 'Effort', placeHolder: 'How thoroughly it thinks, and how much that costs' });
    if (!choice) return;
    if (model.efforts.includes(choice)) effort = choice;
  }
  await conversations.change(document, 'configure', { model: id, effort });
}

function money(cost: number | undefined): string {
  return cost === undefined ? '' : `$${cost.toFixed(3)}`;
}
