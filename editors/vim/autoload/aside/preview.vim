vim9script
# :AsidePreview: shows what a question would send, in a new window. The text comes from the daemon; it takes a moment,
# since Anthropic's server counts the tokens.

import autoload 'aside/code.vim'
import autoload 'aside/conversation.vim'
import autoload 'aside/scratch.vim'

# `params` are the parameters of conversation/ask.
export def Show(mods: string, name: string, params: dict<any>)
  const buffer = scratch.Open(mods, $'What would be sent about {name}', ['Counting the tokens ...'])
  setlocal syntax=aside foldmethod=manual nonumber norelativenumber wrap linebreak breakindent synmaxcol=1000
  conversation.Request('conversation/preview', params, (result) => {
    scratch.Fill(buffer, split(result.text, "\n", true))
    for window in win_findbuf(buffer)
      win_execute(window, 'call aside#preview#Fold()')
    endfor
    code.Colour(buffer, getbufline(buffer, 1, '$'))
  }, (error) => scratch.Fill(buffer, ['Nothing would be sent:', '', error.data->get('hint', ''), error.message]))
enddef

# Folds the request, which comes last.
export def Fold()
  const first = search('^```json$', 'bcnw')
  if first > 0
    execute $':{first},$fold'
  endif
  cursor(1, 1)
enddef

defcompile  # compiles all functions now; the end of daemon.vim says why
