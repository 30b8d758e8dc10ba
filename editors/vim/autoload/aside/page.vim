vim9script
# A thread as people read it: a buffer `aside://…` and the windows that show it. Text and sections come from
# the daemon. It only ever changes at its end, and what a reply says is never run: no modelines, no commands
# made of text.

import autoload 'aside/document.vim'

# The page of a source buffer, made where there is none.
export def Of(source: number): number
  const name = bufname(source) == '' ? $'[No Name] {source}' : fnamemodify(bufname(source), ':p')
  const page = bufadd($'aside://{name}')
  if bufloaded(page) && getbufvar(page, '&filetype') == 'aside'
    getbufvar(page, 'aside')->extend({source: source})  # the file may have got another buffer since
    return page
  endif
  const options = {buftype: 'nofile', bufhidden: 'hide', swapfile: false, modeline: false, undolevels: -1}
  for [option, value] in items(options)
    setbufvar(page, $'&{option}', value)
  endfor
  setbufvar(page, 'aside', {source: source, folds: [], headings: []})
  silent bufload(page)
  setbufvar(page, '&filetype', 'aside')
  setbufvar(page, '&modifiable', false)
  return page
enddef

# The buffer that the user means in this one: what a page is about, else the buffer itself.
export def Source(buffer: number): number
  return getbufvar(buffer, 'aside', {source: buffer}).source
enddef

# Shows a page and leaves the cursor where it is: in the window of this tab page that shows one, else in a new
# window.
export def Show(page: number, mods: string)
  const windows = gettabinfo(tabpagenr())[0].windows->filter((_, w) => getwinvar(w, '&filetype') == 'aside')
  if windows == []
    const here = win_getid()
    const place = mods == '' ? 'vertical rightbelow' : mods =~ 'horizontal' ? mods : $'vertical {mods}'
    silent execute place 'sbuffer' page
    win_gotoid(here)
  elseif winbufnr(windows[0]) != page
    win_execute(windows[0], $'buffer {page}')
  else
    return
  endif
  ToEnd(win_findbuf(page))
enddef

# A window whose cursor is on the last line follows the text; others stay where they are. Of a last line that
# is too high for the window its beginning is shown: Vim 9.0 can't scroll within a line in a window that isn't
# the current one.
export def ToEnd(windows: list<number>)
  for window in windows
    const width = strdisplaywidth(getbufline(winbufnr(window), '$')[0])
    const scroll = width < winwidth(window) * (winheight(window) - 1) ? 'zb' : 'zt'
    win_execute(window, $'call cursor("$", 1) | normal! {scroll}')
  endfor
enddef

# Makes the page equal to a transcript, and touches no line that is right already: so views and open folds stay.
export def Put(page: number, transcript: dict<any>)
  const lines = split(transcript.text, "\n", true)
  const sections: list<dict<any>> = transcript.sections
  const headings = sections->copy()->filter((i, s) => i == 0 || sections[i - 1].turn != s.turn)
  setbufvar(page, 'aside', {source: Source(page), folds: Folds(sections, len(lines)),
    headings: headings->mapnew((_, s) => s.startLine + 1)})
  const old = getbufline(page, 1, '$')
  Edit(page, () => {
    for i in range(min([len(old), len(lines)]))
      if old[i] !=# lines[i]
        setbufline(page, i + 1, lines[i])
      endif
    endfor
    appendbufline(page, '$', lines[len(old) :])
    silent deletebufline(page, len(lines) + 1, '$')
  })
  for window in win_findbuf(page)
    win_execute(window, 'setlocal foldmethod=expr')  # has Vim look at all lines again
  endfor
enddef

export def Append(page: number, text: string)
  const lines = split(text, "\n", true)
  const last = getbufinfo(page)[0].linecount
  Edit(page, () => {
    setbufline(page, last, [getbufline(page, last)[0] .. lines[0]] + lines[1 :])
  })
enddef

# To the next (1) or previous (-1) question or reply; where there is none, to the end or the beginning.
export def Jump(step: number)
  var target = line('.')
  for _ in range(v:count1)
    const ahead = b:aside.headings->copy()->filter((_, l) => step * (l - target) > 0)
    target = step > 0 ? get(ahead, 0, line('$')) : get(ahead, -1, 1)
  endfor
  execute $'normal! {target}G'
enddef

# What a closed fold hides. It begins where a section does, so its mark is the daemon's: no reply can fake it.
export def Foldtext(): string
  const first = getline(v:foldstart)
  const count = v:foldend - v:foldstart + 1
  return $"+-- {first !~ '^>' ? first : count == 1 ? 'thinking (1 line)' : $'thinking ({count} lines)'} "
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

def Edit(page: number, Change: func(): void)
  const last = getbufinfo(page)[0].linecount
  const following = win_findbuf(page)->filter((_, w) => getcurpos(w)[1] == last)
  setbufvar(page, '&modifiable', true)
  Change()
  setbufvar(page, '&modifiable', false)
  ToEnd(following)
enddef

export def Title(): string
  return document.Name(Source(bufnr()))
enddef

defcompile  # the reason is in daemon.vim
