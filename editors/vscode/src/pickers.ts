// The two lists to choose from: conversations and models.
import * as vscode from 'vscode';
import { Conversations } from './conversations';
import { Daemon } from './daemon';
import { Documents } from './documents';
import { count, money } from './figures';
import { label, path } from './places';
import { plain, plainLine } from './plain';
import { Candidate, Model, Models, Summary } from './protocol';
import { openIn } from './search';
import { Topic } from './topics';

const most = 500; // as many as the daemon gives at once
const week = 7 * 24 * 3600 * 1000;

interface Page { conversations: Summary[]; next?: string }

interface Choice extends vscode.QuickPickItem { one?: Candidate }

// What lies nearest comes first: what may be meant where a file took over the content of a vanished one, the file's own,
// its folder's, this week's. Folders and dates can be typed to find what they belong to. One of another file is opened there;
// that this file shall show it is a choice of its own.
export async function switchConversation(daemon: Daemon, conversations: Conversations, documents: Documents, document: Topic): Promise<void> {
  const { uri, conversation: shown } = await conversations.ready(document);
  const folder = document.isUntitled ? undefined : vscode.Uri.joinPath(document.uri, '..').toString();
  const [own, near, all, deleted] = await Promise.all([
    list(daemon, { textDocument: { uri } }), folder ? list(daemon, { folder }) : [], list(daemon, {}), list(daemon, { deleted: true }),
  ]);
  const here = plainLine(label(document));
  const link = { iconPath: new vscode.ThemeIcon('link'), tooltip: `Let ${here} Show This Conversation` };
  const candidates = (shown.candidates ?? []).map((one) => all.find(({ conversation }) => conversation === one.conversation) ?? one);
  const belongs = new Set([...own, ...candidates].map(({ conversation }) => conversation));
  const elsewhere = (one: Candidate) => !belongs.has(one.conversation) && one.uri !== uri;
  const listed = new Set<string>();
  const item = (one: Candidate & Partial<Summary>): Choice => ({
    label: `${one.conversation === shown.conversation ? '$(check) ' : ''}${plainLine(one.title) || 'Nothing asked yet'}`,
    description: plainLine(path(one.uri)),
    detail: [money(one.cost), one.turns && `${one.turns} turns`, one.updated && new Date(one.updated).toLocaleString()].filter(Boolean).join(' · '),
    buttons: elsewhere(one) ? [link] : [],
    one,
  });
  const section = (text: string, summaries: Candidate[]): Choice[] => {
    const others = summaries.filter(({ conversation }) => !listed.has(conversation));
    for (const { conversation } of others) listed.add(conversation);
    return others.length === 0 ? [] : [{ label: text, kind: vscode.QuickPickItemKind.Separator }, ...others.map(item)];
  };
  const recent = ({ updated }: Summary) => Date.parse(updated) > Date.now() - week;
  const box = vscode.window.createQuickPick<Choice>();
  Object.assign(box, {
    title: `Choose the conversation that ${here} shows`, matchOnDescription: true, matchOnDetail: true,
    placeholder: 'Part of a title, a folder or a date; one of another file opens that file',
  });
  box.items = [
    ...section('may belong to this file', candidates),
    ...section('of this file', own),
    ...section('of its folder', near),
    ...section('of other files, in the last seven days', all.filter(recent)),
    ...section('of other files, earlier', all),
    ...section('deleted', deleted),
  ];
  const chosen = await new Promise<{ one: Candidate; linked: boolean } | undefined>((resolve) => {
    box.onDidTriggerItemButton(({ item: { one } }) => one && resolve({ one, linked: true }));
    box.onDidAccept(() => box.selectedItems[0]?.one && resolve({ one: box.selectedItems[0].one, linked: false }));
    box.onDidHide(() => resolve(undefined));
    box.show();
  });
  box.dispose();
  if (!chosen) return;
  if (chosen.linked || !elsewhere(chosen.one)) await conversations.change(document, 'open', { conversation: chosen.one.conversation });
  else await openIn(chosen.one, conversations, documents, document);
}

async function list(daemon: Daemon, of: object): Promise<Summary[]> {
  const summaries: Summary[] = [];
  let cursor: string | undefined;
  do {
    const page: Page = await daemon.request('conversation/list', { ...of, limit: most, cursor });
    summaries.push(...page.conversations);
    cursor = page.next;
  } while (cursor);
  return summaries;
}

// First the model, then how hard it shall think.
export async function chooseModel(daemon: Daemon, conversations: Conversations, document: Topic): Promise<void> {
  const { conversation } = await conversations.ready(document);
  const { models, default: standard, source, asOf } = await daemon.request<Models>('model/list', {});
  const prices = models.find(({ pricesAsOf }) => pricesAsOf)?.pricesAsOf;
  const mark = (current: boolean) => (current ? '$(check) ' : '');
  const model = await vscode.window.showQuickPick([
    ...models.map((model) => ({
      label: mark(model.id === conversation.model) + (model.deprecated ? '$(warning) ' : '') + plainLine(model.name), description: plainLine(model.id), id: model.id,
      efforts: model.efforts, detail: facts(model),
    })),
    { label: 'As in the settings', description: plainLine(standard), id: '', efforts: [] as string[], detail: '' },
    { label: 'Other…', description: 'by its name', id: undefined, efforts: [] as string[], detail: '' },
  ], {
    title: plainLine(`Model of this conversation (now ${conversation.model})`), matchOnDescription: true,
    placeHolder: `What is written into the 1 h cache costs twice “in”. ${prices ? `Prices of ${prices}. ` : ''}${source === 'api' ? 'As the server listed them on' : 'Built in, as of'} ${new Date(asOf).toLocaleDateString()}`,
  });
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

function facts({ price, contextWindow, deprecated, retires, successor }: Model): string {
  return plain([
    deprecated && `soon to be gone${retires ? `, on ${retires}` : ''}${successor ? `; ${successor} follows it` : ''}`,
    price ? `$${price.input} in, $${price.output} out for a million tokens` : 'price not known',
    contextWindow && `${count(contextWindow)} window`,
  ].filter(Boolean).join(' · '));
}
