vim9script
# A window with a text to look at, which is gone when it is closed.

const most = 20  # rows that a window is made higher to

# Opens one and returns its buffer; `title` is for its status line.
export def Open(mods: string, title: string, lines: list<string>): number
  silent execute mods 'new'
  setlocal buftype=nofile bufhidden=wipe noswapfile nomodeline nobuflisted nolist nospell noreadonly modifiable linebreak breakindent
  &l:statusline = $' {title->substitute("%", "%%", "g")}%=q closes '
  nnoremap <buffer> q <Cmd>call aside#scratch#Close()<CR>
  Fill(bufnr(), lines)
  return bufnr()
enddef

# In a low terminal half a window is too little to read: as high as the text, with a few lines left to the others.
export def Fit(buffer: number)
  for window in win_findbuf(buffer)
    const rows = getbufline(buffer, 1, '$')->reduce((sum, line) => sum + 1 + strdisplaywidth(line) / winwidth(window), 0)
    if rows > winheight(window) && winheight(window) < most
      win_execute(window, $'resize {min([rows, most, &lines - 6])}')
    endif
  endfor
enddef

# Back to where one came from, which Vim alone would not do.
export def Close()
  const window = win_getid()
  wincmd p
  win_execute(window, 'close')
enddef

# Another text; nothing where the window is closed by now.
export def Fill(buffer: number, lines: list<string>)
  if bufloaded(buffer)
    silent deletebufline(buffer, 1, '$')
    setbufline(buffer, 1, lines)
    setbufvar(buffer, '&modified', false)
    Fit(buffer)
  endif
enddef

defcompile  # the reason is in daemon.vim
