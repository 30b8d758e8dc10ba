vim9script
# A window with a text to read. When the window is closed, its buffer is wiped out.

import autoload 'aside/keys.vim'

const max_height = 20  # in rows; a window is not made higher than this

# Opens such a window and returns its buffer; `title` is shown in the status line.
export def Open(mods: string, title: string, lines: list<string>): number
  silent execute mods 'new'
  setlocal buftype=nofile bufhidden=wipe noswapfile nomodeline nobuflisted nolist nospell noreadonly modifiable linebreak breakindent
  &l:statusline = $' {title->substitute("%", "%%", "g")}%=q closes '
  keys.KeepInside()
  nnoremap <buffer> q <Cmd>call aside#scratch#Close()<CR>
  Fill(bufnr(), lines)
  return bufnr()
enddef

# Makes the window as high as its text if possible, and leaves a few lines to the other windows. :new gives a window
# half of the height, which is too little in a low terminal.
export def Fit(buffer: number)
  for window in win_findbuf(buffer)
    const rows = getbufline(buffer, 1, '$')->reduce((sum, line) => sum + 1 + strdisplaywidth(line) / winwidth(window), 0)
    if rows > winheight(window) && winheight(window) < max_height
      win_execute(window, $'resize {min([rows, max_height, &lines - 6])}')
    endif
  endfor
enddef

# Closes the window and goes back to the previous window. After :close alone, Vim might go to another window.
export def Close()
  const window = win_getid()
  wincmd p
  win_execute(window, 'close')
enddef

# Replaces the text, unless the window has been closed.
export def Fill(buffer: number, lines: list<string>)
  if bufloaded(buffer)
    silent deletebufline(buffer, 1, '$')
    setbufline(buffer, 1, lines)
    setbufvar(buffer, '&modified', false)
    Fit(buffer)
  endif
enddef

defcompile  # compiles all functions now; the end of daemon.vim says why
