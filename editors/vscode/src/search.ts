// The search in questions and replies, while the user types: everywhere, or in one folder or file.
import * as vscode from 'vscode';
import { Conversations } from './conversations';
import { Daemon } from './daemon';
import { Documents } from './documents';
import { label, path } from './places';
import { plainLine } from './plain';
import { Hit } from './protocol';
import { Topic, bringToFront, no_file, openTopic, sameTopic } from './topics';

const pause_ms = 150; // between the last typed key and the search

interface Row extends vscode.QuickPickItem { hit?: Hit }
interface Scope extends vscode.QuickInputButton { params: object }

// What was chosen; undefined: nothing. `document` is the one that the narrower searches are about.
export async function search(daemon: Daemon, documents: Documents, document: Topic): Promise<Hit | undefined> {
  const box = vscode.window.createQuickPick<Row>();
  const scope = (icon: string, tooltip: string, params: object): Scope => ({ iconPath: new vscode.ThemeIcon(icon), tooltip, params });
  const everything = scope('globe', 'Search everything', {});
  let chosenScope = everything;
  let latest = 0;
  let timer: NodeJS.Timeout | undefined;
  const runSearch = async () => {
    const number = ++latest;
    const query = withPrefixMatch(box.value.trim());
    box.busy = query !== '';
    const { hits } = query ? await daemon.request<{ hits: Hit[] }>('conversation/search', { query, ...chosenScope.params }) : { hits: [] };
    if (number !== latest) return;
    box.busy = false;
    box.items = hits.length > 0 || !query ? hits.map(item) : [{ label: 'Nothing found', alwaysShow: true }];
  };
  box.placeholder = 'Words, "words that stand together", begin*';
  box.title = everything.tooltip;
  if (!sameTopic(document, no_file)) {
    box.buttons = [
      everything,
      scope('folder', 'Search the folder of this file', { folder: vscode.Uri.joinPath(document.uri, '..').toString() }),
      scope('file', plainLine(`Search ${label(document)}`), { textDocument: { uri: documents.uri(document) } }),
    ].slice(0, document.isUntitled ? 1 : 3);
  }
  try {
    return await new Promise<Hit | undefined>((resolve, reject) => {
      const search = (pause: number) => {
        clearTimeout(timer);
        timer = setTimeout(() => runSearch().catch(reject), pause);
      };
      box.onDidChangeValue(() => search(pause_ms));
      box.onDidTriggerButton((button) => {
        chosenScope = button as Scope;
        box.title = chosenScope.tooltip;
        search(0);
      });
      box.onDidAccept(() => box.selectedItems[0]?.hit && resolve(box.selectedItems[0].hit));
      box.onDidHide(() => resolve(undefined));
      box.show();
    });
  } finally {
    clearTimeout(timer);
    box.dispose();
  }
}

// Brings the file of a hit to the front and shows its conversation, with the turn on the path.
export async function openHit(hit: Hit, conversations: Conversations, documents: Documents, other: Topic): Promise<void> {
  const document = await openConversation(hit, conversations, documents, other);
  const { turns } = (await conversations.ready(document)).conversation;
  if (!turns.some(({ turn }) => turn === hit.turn)) await conversations.change(document, 'select', { turn: hit.reply, onward: true });
}

// The conversation's own file comes to the front, without the cursor, and shows it. Where there is no such file any more, `other` does. Resolves
// when all that has been done.
export async function openConversation(one: { conversation: string; uri: string }, conversations: Conversations, documents: Documents, other: Topic): Promise<Topic> {
  const document = documents.find(one.uri) ?? await openTopic(vscode.Uri.parse(one.uri)) ?? other;
  await bringToFront(document, true);
  await conversations.change(document, 'open', { conversation: one.conversation });
  return document;
}

function item(hit: Hit): Row {
  return {
    label: plainLine(hit.snippet), detail: plainLine([path(hit.uri), hit.title, new Date(hit.created).toLocaleString()].join(' · ')),
    alwaysShow: true, hit,
  };
}

// The last word gets a "*", since it may still be typed. Not if it has fewer letters: half of all words would begin so, and
// the search would take long.
function withPrefixMatch(query: string): string {
  const quoted = query.split('"').length % 2 === 0;
  return quoted || !/[^\s"*]{3}$/.test(query) ? query : `${query}*`;
}
