vim9script
# What a command is about: the conversation of the current buffer and, in its page, the exchange under the cursor.

import autoload 'aside/daemon.vim'
import autoload 'aside/page.vim'
import autoload 'aside/thread.vim'

# In a page or a prompt: its lines are no file's.
export def Ours(): bool
  return &filetype =~ '^aside'
enddef

# Shows the thread in a window.
export def Shown(mods: string): dict<any>
  const here = page.Make(thread.Of(bufnr()))
  page.Show(here, mods)
  return here
enddef

# Shows the thread and calls `What` with it, once the daemon has told its id.
export def Change(mods: string, What: func)
  if daemon.Start()
    thread.With(Shown(mods), What)
  endif
enddef

# Shows the thread and returns what is Told() of it. It waits, for keys that are typed ahead are meant for what comes
# of it.
export def Known(mods: string, params: dict<any> = {limit: 1}): dict<any>
  if !daemon.Start()
    return {}
  endif
  const here = Shown(mods)
  thread.With(here)
  return Told(here, params)
enddef

# What conversation/get says of a thread, and the thread as `here`; empty, if the user has been told why not.
export def Told(here: dict<any>, params: dict<any> = {limit: 1}): dict<any>
  final told = thread.Answer('conversation/get', thread.Document(here)->extend(params))
  return told == {} ? {} : told->extend({here: here})
enddef

# Of what is Known(): the question and the reply under the cursor, and whether it is on the question; elsewhere than
# in the page, the last ones.
export def Exchange(mods: string): dict<any>
  const chosen = page.Turn(thread.Of(bufnr()))
  final known = Known(mods, {})
  const turns: list<dict<any>> = known->get('turns', [])
  if turns == []
    if known != {}
      daemon.Complain('nothing has been asked yet')
    endif
    return {}
  endif
  # A variant that has just been left may be on the page still.
  const at = turns->mapnew((_, turn) => turn.variants->index(chosen) >= 0)->index(true)
  const place = at < 0 ? len(turns) - 1 : at
  const first = place - place % 2
  return known->extend({question: turns[first], reply: turns[first + 1], asked: place == first})
enddef

defcompile  # the reason is in daemon.vim
