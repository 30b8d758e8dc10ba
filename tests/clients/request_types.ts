// Gives the SDK's types unique names. The schema generator finds types by their names in its entry file, and if two
// types have the same name, it silently uses one of them.
import type * as beta from '@anthropic-ai/sdk/resources/beta/messages/messages';
import type * as general from '@anthropic-ai/sdk/resources/messages/messages';

export interface Create extends general.MessageCreateParamsStreaming {}
export interface Count extends general.MessageCountTokensParams {}
export interface BetaCreate extends beta.MessageCreateParamsStreaming {}
export interface BetaCount extends beta.MessageCountTokensParams {}
