// The schema generator finds only what its entry file exports.
export type { MessageCreateParamsStreaming } from '@anthropic-ai/sdk/resources/messages/messages';
