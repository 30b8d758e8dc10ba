// The schema generator finds only what its entry file exports, by bare names: where two types of the SDK are called the
// same, it silently takes either. Hence names of our own.
import type * as beta from '@anthropic-ai/sdk/resources/beta/messages/messages';
import type * as general from '@anthropic-ai/sdk/resources/messages/messages';

export interface Create extends general.MessageCreateParamsStreaming {}
export interface Count extends general.MessageCountTokensParams {}
export interface BetaCreate extends beta.MessageCreateParamsStreaming {}
export interface BetaCount extends beta.MessageCountTokensParams {}
