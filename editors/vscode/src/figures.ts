// Formats numbers for people: tokens, dollars, sizes, lines, and what a conversation or a reply has cost. The view, the status
// bar and all lists use these functions.
import { Conversation, Model, Range, Turn } from './protocol';

// `214`, `12.4k`, `124k`, `1.2M`.
export function count(tokens: number): string {
  const short = (number: number) => number.toFixed(1).replace(/\.0$/, '');
  if (tokens < 1000) return String(tokens);
  if (tokens < 99_950) return `${short(tokens / 1e3)}k`;
  return tokens < 999_500 ? `${(tokens / 1e3).toFixed(0)}k` : `${short(tokens / 1e6)}M`;
}

export function tokens(number: number): string {
  return number === 1 ? '1 token' : `${count(number)} tokens`;
}

// `$0.0013`, `$0.012`, `$3.40`, as the daemon writes money. An amount above zero never reads as zero. An unknown amount gives
// an empty text.
export function money(cost: number | undefined): string {
  if (cost === undefined) return '';
  if (cost === 0) return '$0';
  return cost < 0.0001 ? '< $0.0001' : `$${cost.toFixed(cost < 0.00995 ? 4 : cost < 0.9995 ? 3 : 2)}`;
}

// An estimate: `about $0.012`.
export function aboutMoney(cost: number | undefined): string {
  return money(cost).replace(/^\$/, 'about $');
}

// `$4 in, $20 out for a million tokens`.
export function listPrice({ input, output }: NonNullable<Model['price']>): string {
  return `$${input} in, $${output} out for a million tokens`;
}

export function size(bytes: number): string {
  return bytes < 1024 ? `${bytes} bytes` : bytes < 1024 * 1024 ? `${Math.round(bytes / 1024)} kB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

// `10-24`. A range that ends before the first character of a line doesn't touch that line.
export function lines({ start, end }: Range): string {
  const first = start.line + 1;
  const last = Math.max(first, end.character === 0 ? end.line : end.line + 1);
  return first === last ? String(first) : `${first}-${last}`;
}

// `$0.14 · 12.4k of 1M tokens · 92 % cached`; empty before the first reply.
export function meter({ context, totals: { usage, cost } }: Conversation): string {
  const read = usage.input + usage.cacheRead + usage.cacheWrite;
  const [number, cached] = context ? [context.tokens, context.cached] : [read + usage.output, usage.cacheRead];
  if (number === 0) return '';
  const share = Math.round((100 * cached) / number);
  const filled = context?.window ? `${count(number)} of ${count(context.window)} tokens` : tokens(number);
  return joined(money(cost), filled, share > 0 && `${share} % cached`);
}

// `$0.14 · 12.4k tokens`.
export function shortMeter({ context, totals: { cost } }: Conversation): string {
  return joined(money(cost), context && tokens(context.tokens));
}

// A sentence, if the conversation is so full that the user should compact it; otherwise an empty text.
export function fullnessWarning({ context }: Conversation): string {
  if (!context?.full || !context.window) return '';
  return `The conversation fills ${Math.round((100 * context.tokens) / context.window)} % of the model’s window.`;
}

// What a reply has cost: `$0.012 · 3.1k tokens in, 214 out`.
export function spent({ usage, cost }: Turn): string {
  if (!usage) return money(cost);
  const { input, cacheRead, cacheWrite, output, estimated } = usage;
  return joined(estimated ? aboutMoney(cost) : money(cost), `${tokens(input + cacheRead + cacheWrite)} in, ${estimated ? 'about ' : ''}${count(output)} out`);
}

// The exact counts, for a tooltip.
export function spentExactly({ usage }: Turn): string {
  if (!usage) return '';
  const { input, cacheRead, cacheWrite, output, thinking } = usage;
  return `${cacheRead} tokens from the cache, ${cacheWrite} into it, ${input} others in; ${output} out${thinking ? `, ${thinking} of them thinking` : ''}`;
}

function joined(...parts: (string | false | undefined)[]): string {
  return parts.filter(Boolean).join(' · ');
}
