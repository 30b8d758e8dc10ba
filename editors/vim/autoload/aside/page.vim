vim9script
# A thread as people read it: a buffer `aside://…` and the windows that show it. Text and sections come from
# the daemon. It only ever changes at its end, and what a reply says is never run: no modelines, no commands
# made of text.

import autoload 'aside/code.vim'

# Gives a thread its buffer, where it has none or an empty one that a session has made.
export def Make(thread: dict<any>): dict<any>
  const page = bufadd(thread.name)
  if !bufloaded(page) || getbufvar(page, 'aside', {}) isnot thread
    thread->extend({page: page, id: '', sections: [], folds: []})
    # Not nofile: of such a window a session keeps but the name.
    const options = {buftype: 'nowrite', bufhidden: 'hide', swapfile: false, modeline: false, undolevels: -1}
    for [option, value] in items(options)
      setbufvar(page, $'&{option}', value)
    endfor
    setbufvar(page, 'aside', thread)
    silent bufload(page)
    setbufvar(page, '&filetype', 'aside')
    setbufvar(page, '&modifiable', false)
  endif
  return thread
enddef

# Shows a page and leaves the cursor where it is. Without modifiers a window of this tab page that shows any
# page will do.
export def Show(thread: dict<any>, mods: string)
  const windows: list<number> = gettabinfo(tabpagenr())[0].windows
  if index(windows->mapnew((_, w) => winbufnr(w)), thread.page) >= 0
    return
  endif
  const others = windows->copy()->filter((_, w) => getwinvar(w, '&filetype') == 'aside')
  if mods == '' && others != []
    win_execute(others[0], $'buffer {thread.page}')
  else
    const here = win_getid()
    const wide = winwidth(0) >= 120
    silent execute mods ?? get(g:, 'aside_window', wide ? 'vertical rightbelow' : 'rightbelow') 'sbuffer' thread.page
    win_gotoid(here)
  endif
  ToEnd(win_findbuf(thread.page))
enddef

# The windows of a page that is no longer one show this thread's.
export def Replace(old: number, thread: dict<any>)
  Make(thread)
  for window in win_findbuf(old)
    win_execute(window, $'buffer {thread.page}')
  endfor
  silent! execute 'bwipeout!' old
enddef

# Closes a window of ours; the last one shows the source again.
export def Leave(window: number)
  win_execute(window, winnr('$') > 1 || tabpagenr('$') > 1 ? 'close'
    : $'silent! buffer {getbufvar(winbufnr(window), "aside").source}')
enddef

# A window whose cursor is on the last line follows the text; others stay where they are. Of a last line that
# is too high for the window its beginning is shown: Vim 9.0 can't scroll within a line in a window that isn't
# the current one.
export def ToEnd(windows: list<number>)
  for window in windows
    const line = getbufline(winbufnr(window), '$')[0]
    const room = winwidth(window) * (winheight(window) - 1)
    const fits = len(line) < 6 * room && strdisplaywidth(line) < room  # measuring takes long
    win_execute(window, $'call cursor("$", 1) | normal! z{fits ? "b" : "t"}')
  endfor
enddef

# Makes the page equal to a transcript, and touches no line that is right already: so views and open folds stay,
# and Vim looks at few lines.
export def Put(thread: dict<any>, transcript: dict<any>)
  const page = thread.page
  const lines = split(transcript.text, "\n", true)
  const folds = Folds(transcript.sections, len(lines))
  const old = getbufline(page, 1, '$')
  const old_folds = thread.folds + repeat(['0'], len(old) - len(thread.folds))
  const tail = min([len(old), len(lines)]) - 1
  thread->extend({sections: transcript.sections, folds: folds})
  final changed: list<number> = []
  for i in range(tail)
    if old[i] !=# lines[i] || old_folds[i] !=# folds[i]
      add(changed, i)
    endif
  endfor
  Edit(page, () => {
    for i in changed
      setbufline(page, i + 1, lines[i])
    endfor
    if changed != [] && mode() !~ '^[cr]'
      # Between two redraws Vim keeps one range of changed lines, and forgets all syntax within it: of a heading
      # and the end of a long reply it would be all of that.
      redraw
    endif
    if old[tail :] != lines[tail :]
      setbufline(page, tail + 1, lines[tail :])
      silent deletebufline(page, len(lines) + 1, '$')
    endif
  })
  code.Colour(page, changed->mapnew((_, i) => lines[i]) + lines[tail :])
enddef

# Returns the length of the last line, in which the next text goes.
export def Append(page: number, text: string): number
  const lines = split(text, "\n", true)
  const last = getbufinfo(page)[0].linecount
  const changed = [getbufline(page, last)[0] .. lines[0]] + lines[1 :]
  Edit(page, () => {
    setbufline(page, last, changed)
  })
  code.Colour(page, changed)
  return len(changed[-1])
enddef

# What 'foldexpr' says of each line. The last section stays open: it may be growing.
def Folds(sections: list<dict<any>>, count: number): list<string>
  var levels = repeat(['0'], count)
  for section in sections[: -2]
    if section.kind == 'thinking' || section.kind == 'attachment'
      for line in range(section.startLine, section.endLine - 1)
        levels[line] = line == section.startLine ? '>1' : '1'
      endfor
    endif
  endfor
  return levels
enddef

# What a closed fold hides. It begins where a section does, so its mark is the daemon's: no reply can fake it.
export def Foldtext(): string
  const first = getline(v:foldstart)
  const count = v:foldend - v:foldstart + 1
  return $"+-- {first !~ '^>' ? first : count == 1 ? 'thinking (1 line)' : $'thinking ({count} lines)'} "
enddef

# What the page is called, also when the file's buffer is gone.
export def Title(): string
  return fnamemodify(b:aside.name, ':t')
enddef

def Edit(page: number, Change: func(): void)
  const last = getbufinfo(page)[0].linecount
  const following = win_findbuf(page)->filter((_, w) => getcurpos(w)[1] == last)
  setbufvar(page, '&modifiable', true)
  Change()
  setbufvar(page, '&modifiable', false)
  ToEnd(following)
enddef

defcompile  # the reason is in daemon.vim
