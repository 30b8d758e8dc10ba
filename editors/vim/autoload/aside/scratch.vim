vim9script
# A window with a text to look at, which is gone when it is closed.

# Opens one and returns its buffer; `title` is for its status line.
export def Open(mods: string, title: string, lines: list<string>): number
  const room = winheight(0)
  silent execute mods 'new'
  if mods == '' && winheight(0) < min([len(lines), 15])  # in a low terminal half a window is too little to read
    execute 'resize' max([winheight(0), min([15, room - 2])])
  endif
  setlocal buftype=nofile bufhidden=wipe noswapfile nomodeline nobuflisted nolist nospell noreadonly modifiable
  &l:statusline = $' {title->substitute("%", "%%", "g")}%=q closes '
  nnoremap <buffer> q <Cmd>call aside#scratch#Close()<CR>
  Fill(bufnr(), lines)
  return bufnr()
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
  endif
enddef

defcompile  # the reason is in daemon.vim
