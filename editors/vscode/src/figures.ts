// Formats numbers for people: tokens, dollars, sizes, lines, and what a conversation or a reply has cost. The view, the status
// bar and all lists use these functions.
import { Conversation, Model, NextRequest, Range, Turn } from './protocol';

// Formats a number of tokens: `214`, `12.4k`, `124k`, `1.2M`.
export function count(tokens: number): string {
  const short = (number: number) => number.toFixed(1).replace(/\.0$/, '');
  if (tokens < 1000) return String(tokens);
  if (tokens < 99_950) return `${short(tokens / 1e3)}k`;
  return tokens < 999_500 ? `${(tokens / 1e3).toFixed(0)}k` : `${short(tokens / 1e6)}M`;
}

export function tokens(number: number): string {
  return number === 1 ? '1 token' : `${count(number)} tokens`;
}

// Formats an amount of money as the daemon does: `$0.0013`, `$0.012`, `$3.40`. An amount above zero is never shown as
// zero. For an unknown amount, returns ''.
export function money(cost: number | undefined): string {
  if (cost === undefined) return '';
  if (cost === 0) return '$0';
  return cost < 0.0001 ? '< $0.0001' : `$${cost.toFixed(cost < 0.00995 ? 4 : cost < 0.9995 ? 3 : 2)}`;
}

// Formats an estimate: `about $0.012`.
export function aboutMoney(cost: number | undefined): string {
  return money(cost).replace(/^\$/, 'about $');
}

// Formats an estimate of a whole request: `4.3k tokens, 3.9k of them cached, about $0.0040`. While nothing is cached yet, it ends
// with what the cache costs: `, $0.0016 of it for the cache`.
export function nextRequest({ tokens: all, cached, cost, cacheCost = 0 }: NextRequest): string {
  const price = cost === undefined || all === 0 ? '' : aboutMoney(cost);
  const writes = price && cached === 0 && cacheCost > 0 ? `${money(cacheCost)} of it for the cache` : '';
  return [tokens(all), cached > 0 && `${count(cached)} of them cached`, price, writes].filter(Boolean).join(', ');
}

// Formats the price of a model: `$4 in, $20 out for a million tokens`.
export function listPrice({ input, output }: NonNullable<Model['price']>): string {
  return `$${input} in, $${output} out for a million tokens`;
}

// Formats a size as the daemon does: `12 KiB`, `1.5 MiB`.
export function size(bytes: number): string {
  return bytes < 1024 ? `${bytes} bytes` : bytes < 1024 * 1024 ? `${Math.round(bytes / 1024)} KiB` : `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

// Returns the line numbers of a range: `10-24`. If the range ends before the first character of a line, that line isn't
// included.
export function lines({ start, end }: Range): string {
  const first = start.line + 1;
  const last = Math.max(first, end.character === 0 ? end.line : end.line + 1);
  return first === last ? String(first) : `${first}-${last}`;
}

// Returns what a conversation has cost and how full it is: `$0.14 · 12.4k of 1M tokens · 92 % cached`; '' before the
// first reply.
export function meter({ context, totals: { usage, cost } }: Conversation): string {
  const read = usage.input + usage.cacheRead + usage.cacheWrite;
  const [number, cached] = context ? [context.tokens, context.cached] : [read + usage.output, usage.cacheRead];
  if (number === 0) return '';
  const share = Math.round((100 * cached) / number);
  const filled = context?.window ? `${count(number)} of ${count(context.window)} tokens` : tokens(number);
  return joined(money(cost), filled, share > 0 && `${share} % cached`);
}

// Like `meter`, but shorter: `$0.14 · 12.4k tokens`.
export function shortMeter({ context, totals: { cost } }: Conversation): string {
  return joined(money(cost), context && tokens(context.tokens));
}

// Returns a sentence if the conversation is so full that the user should compact it; otherwise ''.
export function fullnessWarning({ context }: Conversation): string {
  if (!context?.full || !context.window) return '';
  return `The conversation fills ${Math.round((100 * context.tokens) / context.window)} % of the model’s window.`;
}

// Returns what a reply has cost: `$0.012 · 3.1k tokens in, 214 out`.
export function spent({ usage, cost }: Turn): string {
  if (!usage) return money(cost);
  const { input, cacheRead, cacheWrite, output, estimated } = usage;
  return joined(estimated ? aboutMoney(cost) : money(cost), `${tokens(input + cacheRead + cacheWrite)} in, ${estimated ? 'about ' : ''}${count(output)} out`);
}

// Returns the exact token counts of a reply, for a tooltip.
export function spentExactly({ usage }: Turn): string {
  if (!usage) return '';
  const { input, cacheRead, cacheWrite, output, thinking } = usage;
  return `Input: ${cacheRead} tokens read from the cache, ${cacheWrite} written to it, ${input} others. Output: ${output}${thinking ? `, ${thinking} of them thinking` : ''}`;
}

function joined(...parts: (string | false | undefined)[]): string {
  return parts.filter(Boolean).join(' · ');
}
