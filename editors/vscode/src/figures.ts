// Numbers as people read them: tokens, dollars, and how full a conversation is.
import { Conversation } from './protocol';

export function count(tokens: number): string {
  const short = (number: number) => number.toFixed(1).replace(/\.0$/, '');
  return tokens < 1e3 ? String(tokens) : tokens < 999_950 ? `${short(tokens / 1e3)}k` : `${short(tokens / 1e6)}M`;
}

export function tokens(number: number): string {
  return number === 1 ? '1 token' : `${count(number)} tokens`;
}

// Never shows "$0.00" for an amount that isn't zero.
export function money(cost: number | undefined): string {
  if (cost === undefined) return '';
  return cost === 0 ? '$0' : cost < 0.0001 ? '< $0.0001' : `$${cost.toFixed(cost < 0.1 ? 4 : 2)}`;
}

export function size(bytes: number): string {
  return bytes < 1024 ? `${bytes} bytes` : bytes < 1024 * 1024 ? `${Math.round(bytes / 1024)} kB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

// `$0.14 · 12.4k of 1M tokens · 92 % cached`; empty before the first reply.
export function meter({ context, totals: { usage, cost } }: Conversation): string {
  const read = usage.input + usage.cacheRead + usage.cacheWrite;
  const [number, cached] = context ? [context.tokens, context.cached] : [read + usage.output, usage.cacheRead];
  if (number === 0) return '';
  const share = Math.round((100 * cached) / number);
  const filled = context?.window ? `${count(number)} of ${count(context.window)} tokens` : tokens(number);
  return [money(cost), filled, share > 0 && `${share} % cached`].filter(Boolean).join(' · ');
}

// A sentence, if the user should do something about it.
export function fullnessWarning({ context }: Conversation): string {
  if (!context?.full || !context.window) return '';
  return `The conversation fills ${Math.round((100 * context.tokens) / context.window)} % of the model’s window.`;
}
