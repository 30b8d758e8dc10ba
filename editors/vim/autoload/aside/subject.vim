vim9script
# The subject of a command: the conversation of the current buffer and, in its page, the exchange under the cursor.

import autoload 'aside/conversation.vim'
import autoload 'aside/daemon.vim'
import autoload 'aside/page.vim'

# Whether the current buffer is a page or a prompt, whose lines are not those of a file.
export def Ours(): bool
  return &filetype =~ '^aside'
enddef

# Shows the conversation in a window and returns it.
export def Shown(mods: string): dict<any>
  const here = page.Make(conversation.Of(bufnr()))
  page.Show(here, mods)
  return here
enddef

# Shows the conversation and calls `What` with it when the daemon has told its id.
export def Change(mods: string, What: func)
  if daemon.Start()
    conversation.With(Shown(mods), What)
  endif
enddef

# Shows the conversation and returns the result of Told(). It waits for the daemon, since keys that are typed ahead are
# meant for what comes next.
export def Known(mods: string, params: dict<any> = {limit: 1}): dict<any>
  if !daemon.Start()
    return {}
  endif
  const here = Shown(mods)
  conversation.With(here)
  return Told(here, params)
enddef

# The result of conversation/get, with the conversation itself as `here`; empty after an error, which the user has been
# told.
export def Told(here: dict<any>, params: dict<any> = {limit: 1}): dict<any>
  final told = conversation.Answer('conversation/get', conversation.Document(here)->extend(params))
  return told == {} ? {} : told->extend({here: here})
enddef

# The result of Known(), with the question and the reply under the cursor, and `asked` if the cursor is on the question.
# Outside of the page, the last question and reply.
export def Exchange(mods: string): dict<any>
  const chosen = page.Turn(conversation.Of(bufnr()))
  final known = Known(mods, {})
  const turns: list<dict<any>> = known->get('turns', [])
  if turns == []
    if known != {}
      daemon.Complain('nothing has been asked yet')
    endif
    return {}
  endif
  # The page may still show a variant that has just been left.
  const at = turns->mapnew((_, turn) => turn.variants->index(chosen) >= 0)->index(true)
  const place = at < 0 ? len(turns) - 1 : at
  const first = place - place % 2
  return known->extend({question: turns[first], reply: turns[first + 1], asked: place == first})
enddef

defcompile  # the reason is in daemon.vim
