vim9script
scriptencoding utf-8
# A thread as people read it: a buffer `aside://…` and the windows that show it. Text and sections come from
# the daemon. It only ever changes at its end, and what a reply says is never run: no modelines, no commands
# made of text.

import autoload 'aside/code.vim'

const far = 200  # lines whose syntax is worth keeping
const shortest_title = 16

# Gives a thread its buffer, where it has none or an empty one that a session has made.
export def Make(thread: dict<any>): dict<any>
  const page = bufadd(thread.name)
  if !bufloaded(page) || getbufvar(page, 'aside', {}) isnot thread
    thread->extend({page: page, id: '', sections: [], folds: {}})
    const options = {buftype: 'nofile', bufhidden: 'hide', swapfile: false, modeline: false, undolevels: -1}
    for [option, value] in items(options)
      setbufvar(page, $'&{option}', value)
    endfor
    setbufvar(page, 'aside', thread)
    # readonly comes with `vim -R`, when the buffer is loaded.
    noautocmd silent bufload(page)  # other plugins would take it for their file by its name, as that of a *.zip
    setbufvar(page, '&readonly', false)
    setbufvar(page, '&buftype', 'nowrite')  # of a window with nofile a session keeps but the name
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
    Split(mods ?? get(g:, 'aside_window', wide ? 'vertical rightbelow' : 'rightbelow'), thread.page)
    win_gotoid(here)
  endif
  ToEnd(win_findbuf(thread.page))
enddef

# In a window of its own, whatever 'switchbuf' says.
export def Split(mods: string, buffer: number)
  const switchbuf = &switchbuf
  set switchbuf=
  try
    silent execute mods 'sbuffer' buffer
  finally
    &switchbuf = switchbuf
  endtry
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
  const leave = winnr('$') > 1 || tabpagenr('$') > 1 ? 'close'
    : $'silent! buffer {getbufvar(winbufnr(window), "aside").source}'
  if window == win_getid()
    execute leave  # win_execute() would then go to a window of its own choice, from Vim 9.1 on
  else
    win_execute(window, leave)
  endif
enddef

# A window whose cursor is on the last line with text, or below, follows the text; others stay where they are. Of a
# line that is too high for the window its beginning is shown: Vim 9.0 can't scroll within a line in a window that
# isn't the current one. An empty line below it would leave nothing else to be seen. Where nothing was asked the page
# says what to do, from its top.
export def ToEnd(windows: list<number>)
  for window in windows
    const page = winbufnr(window)
    if getbufvar(page, 'aside').sections == []
      win_execute(window, 'normal! gg')
      continue
    endif
    const end = End(page)
    const line = getbufline(page, end)[0]
    const room = winwidth(window) * (winheight(window) - 1)
    const fits = len(line) < 6 * room && strdisplaywidth(line) < room  # measuring takes long
    if !fits
      setwinvar(window, '&linebreak', false)  # with it, a line of 190 kB takes a tenth of a second each time
      setwinvar(window, '&breakindent', false)
    endif
    win_execute(window, $'call cursor({end}, 1) | normal! z{fits ? "b" : "t"}')
    const top = line('w0', window)
    if fits && top > 1 && getbufvar(page, 'aside').state == '' && Rows(window, top, end) <= winheight(window) / 2
      # A line above is too high to be shown with the last ones. When all has come that is where to read on.
      win_execute(window, $'call cursor({top - 1}, 1) | normal! zt')
    endif
  endfor
enddef

def End(page: number): number
  var end = getbufinfo(page)[0].linecount
  while end > 1 && getbufline(page, end)[0] == ''
    end -= 1
  endwhile
  return end
enddef

# As many rows of the screen as these lines take, about.
def Rows(window: number, first: number, last: number): number
  return last - first > winheight(window) ? last - first : getbufline(winbufnr(window), first, last)
    ->reduce((sum, line) => sum + 1 + strdisplaywidth(line) / winwidth(window), 0)
enddef

# Makes the page equal to a transcript, and touches no line that is right already: so views and open folds stay,
# and Vim has few lines to look at.
export def Put(thread: dict<any>, transcript: dict<any>)
  const page = thread.page
  const lines = split(transcript.text, "\n", true)
  const last = min([getbufinfo(page)[0].linecount, len(lines)])
  const final_section = get(thread.sections, -1, {})
  const same_section = get(transcript.sections, len(thread.sections) - 1, {})
  # What stood last has only grown since, by what was appended here; of a long reply that is nearly all.
  const grown = final_section != {} && final_section->extendnew({endLine: 0}) == same_section->extendnew({endLine: 0})
  const present = getbufline(page, 1, grown ? get(final_section, 'startLine') : last - 1)
  final changed = range(1, len(present))->filter((_, lnum) => present[lnum - 1] !=# lines[lnum - 1])
  const folds = Folds(transcript.sections)
  for lnum in keys(thread.folds->extendnew(folds))->map((_, key) => str2nr(key))
    if lnum < last && get(folds, lnum, '') != get(thread.folds, lnum, '')
      add(changed, lnum)  # to be set again, so that Vim asks for its fold
    endif
  endfor
  const following = thread.sections == [] ? win_findbuf(page) : Following(page)
  thread->extend({sections: transcript.sections, folds: folds})
  Edit(page, following, () => {
    for lnum in changed
      setbufline(page, lnum, lines[lnum - 1])
    endfor
    if changed != [] && last - changed[0] > far && mode() !~ '^[cr]'
      # Between two drawings Vim keeps one range of changed lines, and forgets the syntax of all within it: of a
      # heading and the end of its reply that would be the whole reply.
      redraw
    endif
    setbufline(page, last, lines[last - 1 :])
    silent deletebufline(page, len(lines) + 1, '$')
  })
  code.Colour(page, changed->mapnew((_, lnum) => lines[lnum - 1]) + lines[last - 1 :])
enddef

# Returns the length of the last line, in which the next text goes.
export def Append(page: number, text: string): number
  const lines = split(text, "\n", true)
  const last = getbufinfo(page)[0].linecount
  const changed = [getbufline(page, last)[0] .. lines[0]] + lines[1 :]
  Edit(page, Following(page), () => {
    setbufline(page, last, changed)
  })
  code.Colour(page, changed)
  return len(changed[-1])
enddef

# What 'foldexpr' says of the lines in folds. The last section stays open: it may be growing.
def Folds(sections: list<dict<any>>): dict<string>
  final folds: dict<string> = {}
  for section in sections[: -2]
    if section.kind == 'thinking' || section.kind == 'attachment'
      for lnum in range(section.startLine + 1, section.endLine)
        folds[lnum] = lnum == section.startLine + 1 ? '>1' : '1'
      endfor
    endif
  endfor
  return folds
enddef

# What a closed fold hides. It begins where a section does, so its mark is the daemon's: no reply can fake it.
export def Foldtext(): string
  const first = getline(v:foldstart)
  const count = v:foldend - v:foldstart + 1
  return $"+-- {first !~ '^>' ? first : count == 1 ? 'thinking (1 line)' : $'thinking ({count} lines)'} "
enddef

# The turn under the cursor or, elsewhere than in its page, the last one.
export def Turn(thread: dict<any>): string
  const sections: list<dict<any>> = thread.sections
  const begun = bufnr() != thread.page ? sections : sections->copy()->filter((_, s) => s.startLine < line('.'))
  return get(begun, -1, {turn: ''}).turn
enddef

# Puts the cursor on the heading of a turn; false where the page has no such turn.
export def GoTo(thread: dict<any>, turn: string): bool
  const headings = thread.sections->copy()->filter((_, s) => s.turn == turn)
  if headings != []
    win_execute(bufwinid(thread.page), $'call cursor({headings[0].startLine + 1}, 1) | normal! zvzt')
  endif
  return headings != []
enddef

# What the page is called, also when the file's buffer is gone: its file and, as far as there is room beside what
# the thread is doing, the conversation. Only an error, which can be long, leaves room to a title.
export def Title(): string
  const file = fnamemodify(b:aside.name, ':t')
  const title = strtrans(b:aside.title)
  const free = winwidth(0) - strdisplaywidth(file .. aside#statusline()) - 6
  const room = b:aside.note == '' ? free : max([shortest_title, free])
  const shown = strdisplaywidth(title) <= room ? title : room < shortest_title / 2 ? '' : printf($'%.{room - 3}S...', title)
  return shown == '' ? file : $'{file} · {shown}'
enddef

def Following(page: number): list<number>
  const end = End(page)
  return win_findbuf(page)->filter((_, w) => getcurpos(w)[1] >= end)
enddef

# Of a window that isn't the current one Vim doesn't know what it showed, and leaves little of it when another one takes
# rows or gives them back.
def Resized(windows: list<number>)
  ToEnd(windows->copy()->filter((_, w) => getwinvar(w, '&filetype') == 'aside'
    && Following(winbufnr(w))->index(w) >= 0))
enddef

def Edit(page: number, following: list<number>, Change: func(): void)
  setbufvar(page, '&modifiable', true)
  Change()
  setbufvar(page, '&modifiable', false)
  ToEnd(following)
enddef

augroup aside_page_rows
  autocmd!
  if exists('##WinResized')
    autocmd WinResized * Resized(v:event.windows)
  endif
augroup END

defcompile  # the reason is in daemon.vim
