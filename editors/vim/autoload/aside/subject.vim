vim9script
# The subject of a command: the conversation of the current buffer and, in its page, the exchange under the cursor.

import autoload 'aside/btw.vim'
import autoload 'aside/conversation.vim'
import autoload 'aside/daemon.vim'
import autoload 'aside/page.vim'

# Whether the current buffer is a page or another buffer of Aside. The lines of such a buffer aren't lines of a file.
export def InAsideBuffer(): bool
  return &filetype =~ '^aside' || get(b:, 'aside', {})->get('source', bufnr()) != bufnr()
enddef

# Shows the conversation in a window and returns the conversation. In a review's tab page, a window opens only if the
# command has modifiers.
export def Show(mods: string): dict<any>
  const here = page.Make(conversation.Of(bufnr()))
  if !exists('w:aside_review') || mods != ''
    page.Show(here, mods)
  endif
  return here
enddef

# Shows the conversation and calls `Then` with it when its id is known.
export def With(mods: string, Then: func)
  if daemon.Start()
    conversation.With(Show(mods), Then)
  endif
enddef

# Shows the conversation and returns the result of Get(). This waits for the daemon, so that keys that are already typed
# reach the menu or prompt that opens next.
export def ShowAndGet(mods: string, params: dict<any> = {limit: 1}): dict<any>
  if !daemon.Start()
    return {}
  endif
  const here = Show(mods)
  conversation.With(here)
  return Get(here, params)
enddef

# Returns the result of conversation/get, with the conversation itself as `here`. After an error, shows the error to the
# user and returns {}.
export def Get(here: dict<any>, params: dict<any> = {limit: 1}): dict<any>
  final result = conversation.Answer('conversation/get', conversation.Document(here)->extend(params))
  return result == {} ? {} : result->extend({here: here})
enddef

# Returns the result of ShowAndGet() with three more fields: the question and the reply under the cursor, and `asked`,
# which is true if the cursor is on the question. If the cursor is not in the page, these are the last question and
# reply.
export def Exchange(mods: string): dict<any>
  const chosen = page.Turn(conversation.Of(bufnr()))
  if btw.Turn() != ''
    daemon.Complain('this is a side question: gs continues from it')
    return {}
  endif
  final result = ShowAndGet(mods, {})
  const turns: list<dict<any>> = result->get('turns', [])
  if turns == []
    if result != {}
      daemon.Complain('nothing has been asked yet')
    endif
    return {}
  endif
  # The page may still show a variant that is no longer on the path.
  const at = turns->mapnew((_, turn) => turn.variants->index(chosen) >= 0)->index(true)
  const place = at < 0 ? len(turns) - 1 : at
  const first = place - place % 2
  return result->extend({question: turns[first], reply: turns[first + 1], asked: place == first})
enddef

defcompile  # compiles all functions now; the end of daemon.vim says why
