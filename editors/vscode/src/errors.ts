// The buttons that help with an error, for the view and for notifications. The daemon's `offer` says what would help. Errors
// without an offer, such as those that the extension makes when the daemon can't run, have buttons by their kind.
import { Action } from './messages';
import { ProblemData } from './protocol';

export type ActionButton = [label: string, action: Action];

const by_offer: Record<NonNullable<ProblemData['offer']>, ActionButton[]> = {
  compact: [['Compact…', 'compact'], ['New Conversation', 'new']],
  key: [['Set API Key…', 'setApiKey']],
  model: [['Choose Model…', 'chooseModel']],
};
const by_kind: Record<string, ActionButton[]> = {
  busy: [['Stop It', 'stop']],
  died: [['Restart', 'restart'], ['Show Log', 'log']],
  missing: [['Open Settings', 'settings'], ['Try Again', 'restart']],
  tooOld: [['Open Settings', 'settings'], ['Try Again', 'restart']],
};

// The page on which the user makes a key for Anthropic's server.
export const console_page = 'https://platform.claude.com/settings/keys';

export function hasConsole(server: string | undefined): boolean {
  return /^https:\/\/api\.anthropic\.com(?![^:/])/.test(server ?? '');
}

export function buttonsFor({ kind, offer }: Pick<ProblemData, 'kind' | 'offer'>): ActionButton[] {
  return (offer && by_offer[offer]) ?? by_kind[kind] ?? [];
}
