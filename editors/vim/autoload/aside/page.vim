vim9script
# A thread as people read it: a buffer `aside://…` and the windows that show it. Text and sections come from
# the daemon. It only ever changes at its end, and what a reply says is never run: no modelines, no commands
# made of text.

import autoload 'aside/code.vim'
import autoload 'aside/document.vim'

# What a buffer is about, as its b:aside: a source, its page and its prompt all have
#   source, page     buffers; either may be gone
# and the page also has what its keys and folds need
#   sections, folds  of the last transcript; what foldexpr says of each of its lines
export def About(buffer: number): dict<any>
  return getbufvar(buffer, 'aside', {source: buffer, page: -1})
enddef

# The page of a source, made where there is none.
export def Of(source: number): number
  const path = document.Path(source)
  const page = bufadd('aside://' .. (path == '' ? $'[No Name] {source}' : path))
  Make(page, source)
  setbufvar(source, 'aside', {source: source, page: page})
  return page
enddef

# Makes a page of a buffer, or gives it another source: the file may have got another buffer since.
export def Make(page: number, source: number)
  if bufloaded(page) && getbufvar(page, '&filetype') == 'aside'
    About(page)->extend({source: source})
    return
  endif
  setbufvar(page, 'aside', {source: source, page: page, sections: [], folds: []})
  const options = {buftype: 'nofile', bufhidden: 'hide', swapfile: false, modeline: false, undolevels: -1}
  for [option, value] in items(options)
    setbufvar(page, $'&{option}', value)
  endfor
  silent bufload(page)
  setbufvar(page, '&filetype', 'aside')
  setbufvar(page, '&modifiable', false)
enddef

# Shows a page and leaves the cursor where it is. Without modifiers a window of this tab page that shows any
# page will do.
export def Show(page: number, mods: string)
  const windows: list<number> = gettabinfo(tabpagenr())[0].windows
  if index(windows->mapnew((_, w) => winbufnr(w)), page) >= 0
    return
  endif
  const others = windows->copy()->filter((_, w) => getwinvar(w, '&filetype') == 'aside')
  if mods == '' && others != []
    win_execute(others[0], $'buffer {page}')
  else
    const here = win_getid()
    const wide = winwidth(0) >= 120
    silent execute mods ?? get(g:, 'aside_window', wide ? 'vertical rightbelow' : 'rightbelow') 'sbuffer' page
    win_gotoid(here)
  endif
  ToEnd(win_findbuf(page))
enddef

# Closes a window of ours; the last one shows the source again.
export def Leave(window: number)
  win_execute(window, winnr('$') > 1 || tabpagenr('$') > 1 ? 'close'
    : $'silent! buffer {About(winbufnr(window)).source}')
enddef

# A window whose cursor is on the last line follows the text; others stay where they are. Of a last line that
# is too high for the window its beginning is shown: Vim 9.0 can't scroll within a line in a window that isn't
# the current one.
export def ToEnd(windows: list<number>)
  for window in windows
    const line = getbufline(winbufnr(window), '$')[0]
    const room = winwidth(window) * (winheight(window) - 1)
    const fits = len(line) < 6 * room && strdisplaywidth(line) < room  # measuring takes long
    const scroll = fits ? 'zb' : 'zt'
    win_execute(window, $'call cursor("$", 1) | normal! {scroll}')
  endfor
enddef

# Makes the page equal to a transcript, and touches no line that is right already: so views and open folds stay.
export def Put(page: number, transcript: dict<any>)
  const lines = split(transcript.text, "\n", true)
  const sections: list<dict<any>> = transcript.sections
  const folds = Folds(sections, len(lines))
  const before = About(page).folds + repeat(['0'], len(lines) - len(About(page).folds))
  About(page)->extend({sections: sections, folds: folds})
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
  if folds != before
    for window in win_findbuf(page)
      win_execute(window, 'setlocal foldmethod=expr')  # has Vim look at all lines again
    endfor
  endif
  code.Colour(page, lines)
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

def Edit(page: number, Change: func(): void)
  const last = getbufinfo(page)[0].linecount
  const following = win_findbuf(page)->filter((_, w) => getcurpos(w)[1] == last)
  setbufvar(page, '&modifiable', true)
  Change()
  setbufvar(page, '&modifiable', false)
  ToEnd(following)
enddef

# What the page is called, also when the file's buffer is gone.
export def Title(): string
  return fnamemodify(bufname(About(bufnr()).page), ':t')
enddef

defcompile  # the reason is in daemon.vim
